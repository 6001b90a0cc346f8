/* Put before the C library by LD_PRELOAD: the calls FIRST to LAST of one kind do only a part of what they were asked, as the
 * kernel may. SHORT_IO=KIND:FIRST:LAST, with KIND one of pwrite, write, pread, read, send, recv. Calls are counted over the process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char wanted[16];
static long first_call, last_call;
static atomic_long calls;

__attribute__((constructor)) static void read_environment(void) {
  const char* text = getenv("SHORT_IO");
  if (text == NULL || sscanf(text, "%15[a-z]:%ld:%ld", wanted, &first_call, &last_call) != 3) _exit(2);
}

static size_t shorter(const char* kind, size_t size) {
  if (size < 2 || strcmp(kind, wanted) != 0) return size;
  const long call = atomic_fetch_add(&calls, 1) + 1;
  return call < first_call || call > last_call ? size : (size + 1) / 2;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int file, const void* data, size_t size, off_t at) { return NEXT(pwrite)(file, data, shorter("pwrite", size), at); }
ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) { return NEXT(pwrite64)(file, data, shorter("pwrite", size), at); }
ssize_t write(int file, const void* data, size_t size) { return NEXT(write)(file, data, shorter("write", size)); }
ssize_t pread(int file, void* data, size_t size, off_t at) { return NEXT(pread)(file, data, shorter("pread", size), at); }
ssize_t pread64(int file, void* data, size_t size, off64_t at) { return NEXT(pread64)(file, data, shorter("pread", size), at); }
ssize_t read(int file, void* data, size_t size) { return NEXT(read)(file, data, shorter("read", size)); }

/* Declared here, for <sys/socket.h> has other attributes on them. */
ssize_t send(int, const void*, size_t, int);
ssize_t recv(int, void*, size_t, int);
ssize_t send(int socket, const void* data, size_t size, int flags) { return NEXT(send)(socket, data, shorter("send", size), flags); }
ssize_t recv(int socket, void* data, size_t size, int flags) { return NEXT(recv)(socket, data, shorter("recv", size), flags); }
