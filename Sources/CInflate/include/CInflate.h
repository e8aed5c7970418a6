#ifndef CINFLATE_H
#define CINFLATE_H

#include <stdint.h>

enum {
    cinflate_done = 0,
    cinflate_read_failed = 1,
    cinflate_write_failed = 2,
    cinflate_corrupt = 3,
    cinflate_out_of_memory = 4,
};

/// Copies `compressed_size` bytes from `offset` of one open file to the position of another, inflating them where
/// `is_deflated` (raw DEFLATE, as in a ZIP archive). The files stay open.
///
/// Succeeds only where exactly `size` bytes came out; `crc` is then their CRC-32. After a failure to read or write,
/// `errno` tells why.
int cinflate_copy(
    int input, int64_t offset, int64_t compressed_size, int is_deflated, int output, int64_t size, uint32_t *crc);

#endif
