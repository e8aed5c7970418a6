#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// Only what signal-safety(7) allows happens in the handlers.
static struct termios before;
static volatile sig_atomic_t taken, resumed;

static void show(const char *sequence) {
    size_t length = strlen(sequence);
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, sequence, length);
        if (written < 0 && errno != EINTR) return;
        if (written > 0) sequence += written, length -= (size_t)written;
    }
}

static void take(void) {
    struct termios raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    // The other screen, without a cursor.
    show("\033[?1049h\033[?25l");
    taken = 1;
}

void terminal_restore(void) {
    if (!taken) return;
    taken = 0;
    show("\033[0m\033[?25h\033[?1049l");
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

// Gives the terminal back and lets the signal do what it does by default.
static void leave(int signal_number) {
    int error = errno;
    terminal_restore();
    signal(signal_number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    errno = error;
}

static void resume(int signal_number) {
    (void)signal_number;
    int error = errno;
    take();
    struct sigaction action = {0};
    action.sa_handler = leave;
    sigaction(SIGTSTP, &action, NULL);
    resumed = 1;
    errno = error;
}

int terminal_take(void) {
    if (tcgetattr(STDIN_FILENO, &before) != 0) return -1;
    static int registered;
    if (!registered) {
        registered = 1;
        atexit(terminal_restore);
        static const int signals[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGABRT,
                                      SIGSEGV, SIGBUS,  SIGILL, SIGFPE,  SIGTRAP, SIGSYS};
        struct sigaction action = {0};
        action.sa_handler = leave;
        for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
        action.sa_handler = resume;
        sigaction(SIGCONT, &action, NULL);
    }
    take();
    return 0;
}

int terminal_resumed(void) {
    int was = resumed;
    resumed = 0;
    return was;
}

// Whether the bytes end within an escape sequence: ESC, or ESC [ or ESC O with parameters and no final byte.
static int is_unfinished(const unsigned char *bytes, ssize_t count) {
    ssize_t start = count - 1;
    while (start >= 0 && bytes[start] != 033) start--;
    if (start < 0) return 0;
    if (start + 1 == count) return 1;
    if (bytes[start + 1] != '[' && bytes[start + 1] != 'O') return 0;
    for (ssize_t i = start + 2; i < count; i++) {
        if (bytes[i] >= 0x40 && bytes[i] <= 0x7e) return 0;
    }
    return 1;
}

int terminal_read(unsigned char *bytes, int capacity, int milliseconds) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready = poll(&input, 1, milliseconds);
    if (ready <= 0) return 0;
    ssize_t count = read(STDIN_FILENO, bytes, (size_t)capacity);
    // Over a slow line the bytes of an arrow may come one by one: an escape waits a moment for what belongs to it.
    while (count > 0 && count < capacity && is_unfinished(bytes, count) && poll(&input, 1, 50) > 0) {
        ssize_t more = read(STDIN_FILENO, bytes + count, (size_t)(capacity - count));
        if (more <= 0) break;
        count += more;
    }
    // A terminal that is gone answers at once, for ever.
    return count > 0 ? (int)count : -1;
}
