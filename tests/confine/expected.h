/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each duty may call, written down a second time.
 *
 * Every call that the processor's table has is asked for with all arguments
 * zero; those of the first list must be let through for these duties, every
 * other must end the process. The second list is of calls that depend on
 * their arguments. Duties: M main, L link, C link's child, S sign; D is main
 * with a service that it dials, N sign as such a service.
 */
#ifndef VOUCH_TEST_EXPECTED_H
#define VOUCH_TEST_EXPECTED_H

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "cell.h"

struct expected {
	const char *call;
	const char *duties;
	const char *why;
};

static const struct expected expected[] = {
	{ "read", "MLCS", "messages" },
	{ "write", "MLCS", "the log, files" },
	{ "writev", "MLCS", "the C library's last words" },
	{ "close", "MLCS", "descriptors of its own" },
	{ "sendto", "MLCS", "messages; not to an address" },
	{ "poll", "MLCS", "waiting for a message; room for a call" },
	{ "brk", "MLCS", "memory" },
	{ "mmap", "M", "memory; not code" },
	{ "munmap", "MLCS", "memory" },
	{ "sysinfo", "MLCS", "qsort() asks for the size of memory" },
	{ "clock_gettime", "MLCS", "time" },
	{ "gettimeofday", "MLCS", "time" },
	{ "getrandom", "MS", "blinding of the key; hash tables" },
	{ "getpid", "MLCS", "oneself" },
	{ "gettid", "MLCS", "oneself" },
	{ "futex", "MLCS", "locks" },
	{ "restart_syscall", "MLCS", "the kernel's, behind SIGCONT" },
	{ "rt_sigprocmask", "MLCS", "abort()" },
	{ "exit_group", "MLCS", "the end" },
	{ "newfstatat", "M", "files of the state directory" },
	{ "fstat", "MLC", "open files" },
	{ "pread64", "MLC", "open files" },
	{ "pwrite64", "MLC", "open files" },
	{ "ftruncate", "MLC", "open files" },
	{ "memfd_create", "LC", "libelf writes to a file" },
	{ "fsync", "MS", "open files" },
	{ "fdatasync", "M", "the database" },
	{ "openat", "M", "files of the state directory" },
	{ "renameat", "M", "files of the state directory" },
	{ "unlinkat", "M", "files of the state directory" },
	{ "unlink", "M", "sockets, the database" },
	{ "access", "M", "the database; is there a /dev/kvm" },
	{ "readlink", "M", "the database" },
	{ "getdents64", "M", "what lies in the state directory" },
	{ "lseek", "M", "what lies in the state directory" },
	{ "fstatfs", "M", "memory of a VM is an ordinary memfd" },
	{ "fchmod", "M", "the database" },
	{ "geteuid", "M", "the database" },
	{ "nanosleep", "M", "the database, while it is locked" },
	{ "clock_nanosleep", "M", "the database, while it is locked" },
	{ "epoll_wait", "M", "the loop" },
	{ "epoll_pwait", "M", "the loop" },
	{ "epoll_ctl", "M", "the loop" },
	{ "preadv2", "M", "a guest's kick, without waiting" },
	{ "timerfd_settime", "M", "to tell a guest late of what it sent" },
	{ "accept4", "M", "clients, agents, QEMU" },
	{ "recvfrom", "M", "vhost-user; not an address" },
	{ "recvmsg", "M", "vhost-user brings descriptors" },
	{ "sendmsg", "M", "vsock" },
	{ "shutdown", "M", "vsock" },
	{ "uname", "M", "for which kernel an accelerator was tried" },
	{ "wait4", "ML", "children" },
	{ "getppid", "L", "a child ends with its parent" },
	{ "connect", "D", "a service of this host" },
	/* Zero is a process's own resource of CPU time. */
	{ "prlimit64", "L", "bounds for the child" },
};

struct question {
	const char *call;
	const char *duties;
	const char *what;
	long args[5];
};

/* The test's own process, for signals to others than oneself. */
#define PARENT (-1)

static const struct question questions[] = {
	{ "mmap", "MLCS", "memory", { 0, 1, 3, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ "mmap", "M", "a shared file", { 0, 1, 3, MAP_SHARED } },
	{ "mmap", "M", "a private file", { 0, 1, 1, MAP_PRIVATE } },
	{ "mmap",
	  "M",
	  "shared memory",
	  { 0, 1, 3, MAP_SHARED | MAP_ANONYMOUS } },
	{ "mmap",
	  "",
	  "memory for code",
	  { 0, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ "mmap", "", "a file of code", { 0, 1, PROT_EXEC, MAP_PRIVATE } },
	{ "mprotect", "", "no access", { 0, 4096, PROT_NONE } },
	{ "mprotect", "", "code", { 0, 4096, PROT_EXEC } },
	{ "mremap", "MLCS", "growing", { 0, 1, 2, MREMAP_MAYMOVE } },
	{ "mremap",
	  "",
	  "to an address",
	  { 0, 1, 2, MREMAP_MAYMOVE | MREMAP_FIXED } },
	{ "madvise", "M", "not in a core dump", { 0, 1, MADV_DONTDUMP } },
	{ "madvise", "", "in a core dump", { 0, 1, MADV_DODUMP } },
	{ "madvise", "", "throwing away", { 0, 1, MADV_DONTNEED } },
	{ "sendto", "", "to an address", { CELL_PAIR, 0, 0, 0, 1 } },
	{ "recvfrom", "", "with an address", { CELL_PAIR, 0, 0, 0, 1 } },
	{ "socketpair", "ML", "Unix", { AF_UNIX, SOCK_STREAM } },
	{ "socketpair", "", "TIPC", { AF_TIPC, SOCK_STREAM } },
	{ "socket",
	  "D",
	  "Unix",
	  { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK } },
	{ "socket", "", "Unix datagram", { AF_UNIX, SOCK_DGRAM } },
	{ "socket", "", "IPv4", { AF_INET, SOCK_STREAM } },
	{ "socket", "", "IPv6", { AF_INET6, SOCK_STREAM } },
	{ "socket", "", "vsock", { AF_VSOCK, SOCK_STREAM } },
	{ "socket", "", "netlink", { AF_NETLINK, SOCK_RAW } },
	{ "socket", "", "packet", { AF_PACKET, SOCK_RAW } },
	{ "socket", "", "kernel's crypto", { AF_ALG, SOCK_SEQPACKET } },
	{ "getsockopt", "M", "of the socket", { CELL_PAIR, SOL_SOCKET } },
	{ "accept4", "MN", "vouchd", { 3, 0, 0, SOCK_CLOEXEC } },
	{ "accept4", "M", "an address", { 3, 1, 1, SOCK_CLOEXEC } },
	{ "getsockopt", "MN", "who it is", { 3, SOL_SOCKET, SO_PEERCRED } },
	{ "getsockopt", "", "of TCP", { CELL_PAIR, 6 } },
	{ "newfstatat", "MLC", "open", { 0, 0, 0, AT_EMPTY_PATH } },
	{ "openat", "M", "anywhere", { AT_FDCWD, 0, O_RDONLY } },
	{ "openat", "M", "reading in sign's", { CELL_DIR, 0, O_RDONLY } },
	{ "openat",
	  "MS",
	  "writing in sign's",
	  { CELL_DIR, 0,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW } },
	{ "openat",
	  "M",
	  "writing in another's",
	  { CELL_PAIR, 0,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW } },
	{ "openat",
	  "M",
	  "through a link in sign's",
	  { CELL_DIR, 0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC } },
	{ "renameat", "MS", "within sign's", { CELL_DIR, 0, CELL_DIR } },
	{ "renameat", "M", "out of sign's", { CELL_DIR, 0, AT_FDCWD } },
	{ "renameat", "M", "into sign's", { AT_FDCWD, 0, CELL_DIR } },
	{ "unlinkat", "MS", "in sign's", { CELL_DIR, 0, 0 } },
	{ "unlinkat", "M", "elsewhere", { AT_FDCWD, 0, 0 } },
	{ "unlinkat", "M", "directories", { CELL_DIR, 0, AT_REMOVEDIR } },
	{ "fcntl", "MLC", "reading flags", { 0, F_GETFD } },
	{ "fcntl", "M", "setting flags", { 0, F_SETFD } },
	{ "fcntl", "M", "reading status", { 0, F_GETFL } },
	{ "fcntl", "M", "setting status", { 0, F_SETFL } },
	{ "fcntl", "M", "asking for a lock", { 0, F_GETLK } },
	{ "fcntl", "M", "locking", { 0, F_SETLK } },
	{ "fcntl", "M", "seals", { 0, F_GET_SEALS } },
	{ "fcntl", "", "sealing", { 0, F_ADD_SEALS } },
	{ "fcntl", "", "who gets signals", { 0, F_SETOWN } },
	{ "fcntl", "", "which signal", { 0, F_SETSIG } },
	{ "fcntl", "", "copies", { 0, F_DUPFD } },
	{ "fcntl", "", "notices", { 0, F_NOTIFY } },
	{ "fcntl", "", "a lease", { 0, F_SETLEASE } },
	{ "clone", "L", "a child", { CLONE_PIDFD | SIGCHLD } },
	{ "clone", "", "a child that nobody holds", { SIGCHLD } },
	{ "clone", "", "a thread", { CLONE_VM | CLONE_THREAD | SIGCHLD } },
	{ "clone",
	  "",
	  "a namespace",
	  { CLONE_NEWUSER | CLONE_PIDFD | SIGCHLD } },
	{ "pidfd_send_signal", "ML", "ending a child", { 0, SIGKILL } },
	{ "pidfd_send_signal", "", "stopping a child", { 0, SIGSTOP } },
	{ "prlimit64", "L", "CPU time", { 0, RLIMIT_CPU } },
	{ "prlimit64", "L", "memory", { 0, RLIMIT_AS } },
	{ "prlimit64", "", "core dumps", { 0, RLIMIT_CORE } },
	{ "prlimit64", "", "of another", { 1, RLIMIT_CPU } },
	{ "seccomp", "L", "a filter", { SECCOMP_SET_MODE_FILTER } },
	{ "seccomp", "", "the strict mode", { SECCOMP_SET_MODE_STRICT } },
	{ "prctl", "L", "no new privileges", { PR_SET_NO_NEW_PRIVS, 1 } },
	{ "prctl",
	  "L",
	  "ending with the parent",
	  { PR_SET_PDEATHSIG, SIGKILL } },
	{ "prctl", "", "dumps", { PR_SET_DUMPABLE, 1 } },
	{ "prctl", "", "ptrace by others", { PR_SET_PTRACER, -1 } },
	{ "prctl", "", "a name", { PR_SET_NAME } },
	{ "tgkill", "", "of the parent", { PARENT, PARENT, SIGABRT } },
	{ "kill", "", "of the parent", { PARENT, SIGKILL } },
	{ "kill", "", "of the group", { 0, SIGKILL } },
	{ "ioctl", "", "typing for the terminal", { 0, 0x5412 /* TIOCSTI */ } },
};

#endif /* VOUCH_TEST_EXPECTED_H */
