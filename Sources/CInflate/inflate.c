// pread is POSIX, not C11.
#define _XOPEN_SOURCE 700

#include "CInflate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { buffer_size = 1 << 16 };

typedef struct {
    int file;
    int64_t room;
    uint32_t crc;
} sink;

/// Writes a chunk, never past the announced size: a few compressed bytes can inflate to thousands of times as many.
static int put(sink *out, const unsigned char *bytes, size_t count) {
    if ((int64_t)count > out->room) return cinflate_corrupt;
    out->room -= (int64_t)count;
    out->crc = (uint32_t)crc32(out->crc, bytes, (uInt)count);
    while (count > 0) {
        ssize_t written = write(out->file, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return cinflate_write_failed;
        bytes += written;
        count -= (size_t)written;
    }
    return cinflate_done;
}

static ssize_t get(int file, unsigned char *bytes, int64_t count, int64_t offset) {
    size_t wanted = count < buffer_size ? (size_t)count : buffer_size;
    ssize_t got;
    do {
        got = pread(file, bytes, wanted, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

static int copy_stored(int input, int64_t offset, int64_t rest, sink *out) {
    unsigned char bytes[buffer_size];
    while (rest > 0) {
        ssize_t got = get(input, bytes, rest, offset);
        if (got < 0) return cinflate_read_failed;
        if (got == 0) return cinflate_corrupt;
        int status = put(out, bytes, (size_t)got);
        if (status != cinflate_done) return status;
        offset += got;
        rest -= got;
    }
    return cinflate_done;
}

static int copy_deflated(int input, int64_t offset, int64_t rest, sink *out) {
    unsigned char compressed[buffer_size], bytes[buffer_size];
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    // Negative window bits: no zlib header.
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return cinflate_out_of_memory;

    int status = cinflate_done;
    int state = Z_OK;
    while (state != Z_STREAM_END && status == cinflate_done) {
        // With no input left, what a full buffer did not hold may still be to come.
        if (stream.avail_in == 0 && rest > 0) {
            ssize_t got = get(input, compressed, rest, offset);
            if (got <= 0) {
                status = got < 0 ? cinflate_read_failed : cinflate_corrupt;
                break;
            }
            offset += got;
            rest -= got;
            stream.next_in = compressed;
            stream.avail_in = (uInt)got;
        }
        stream.next_out = bytes;
        stream.avail_out = buffer_size;
        state = inflate(&stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END) {
            status = state == Z_MEM_ERROR ? cinflate_out_of_memory : cinflate_corrupt;
            break;
        }
        status = put(out, bytes, buffer_size - stream.avail_out);
    }
    inflateEnd(&stream);
    return status;
}

int cinflate_copy(
    int input, int64_t offset, int64_t compressed_size, int is_deflated, int output, int64_t size, uint32_t *crc) {
    sink out = {output, size, (uint32_t)crc32(0, NULL, 0)};
    int status = is_deflated ? copy_deflated(input, offset, compressed_size, &out)
                             : copy_stored(input, offset, compressed_size, &out);
    *crc = out.crc;
    return status == cinflate_done && out.room != 0 ? cinflate_corrupt : status;
}
