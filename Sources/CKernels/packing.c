#include "CKernels.h"

#include <string.h>

long ck_packed_count(long n, long k) { return (n + CK_PANEL - 1) / CK_PANEL * CK_PANEL * k; }

void ck_pack(long n, long k, const float *w, long w_row, float *panels) {
    for (long start = 0; start < n; start += CK_PANEL, panels += CK_PANEL * k) {
        long width = n - start < CK_PANEL ? n - start : CK_PANEL;
        if (width < CK_PANEL) memset(panels, 0, sizeof(float) * CK_PANEL * k);
        // Sixteen inner elements at a time keep both the rows read and the lines written in the first cache.
        for (long block = 0; block < k; block += 16) {
            long end = block + 16 < k ? block + 16 : k;
            for (long j = 0; j < width; j++) {
                const float *row = w + (start + j) * w_row;
                for (long p = block; p < end; p++) panels[p * CK_PANEL + j] = row[p];
            }
        }
    }
}

void ck_pack_transposed(long n, long k, const float *w, long w_row, float *panels) {
    for (long start = 0; start < n; start += CK_PANEL) {
        long width = n - start < CK_PANEL ? n - start : CK_PANEL;
        for (long p = 0; p < k; p++, panels += CK_PANEL) {
            memcpy(panels, w + p * w_row + start, sizeof(float) * width);
            memset(panels + width, 0, sizeof(float) * (CK_PANEL - width));
        }
    }
}
