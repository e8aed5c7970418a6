#include "CKernels.h"

#include <string.h>

long ck_packed_count(long panel, long n, long k) { return (n + panel - 1) / panel * panel * k; }

void ck_pack(long panel, long n, long k, const float *w, long w_row, float *panels) {
    for (long start = 0; start < n; start += panel, panels += panel * k) {
        long width = n - start < panel ? n - start : panel;
        if (width < panel) memset(panels, 0, sizeof(float) * panel * k);
        // Sixteen inner elements at a time keep both the rows read and the lines written in the first cache.
        for (long block = 0; block < k; block += 16) {
            long end = block + 16 < k ? block + 16 : k;
            for (long j = 0; j < width; j++) {
                const float *row = w + (start + j) * w_row;
                for (long p = block; p < end; p++) panels[p * panel + j] = row[p];
            }
        }
    }
}

void ck_pack_transposed(long panel, long n, long k, const float *w, long w_row, float *panels) {
    for (long start = 0; start < n; start += panel) {
        long width = n - start < panel ? n - start : panel;
        for (long p = 0; p < k; p++, panels += panel) {
            memcpy(panels, w + p * w_row + start, sizeof(float) * width);
            memset(panels + width, 0, sizeof(float) * (panel - width));
        }
    }
}
