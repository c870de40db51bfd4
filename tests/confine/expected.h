/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each duty may call, written down a second time.
 *
 * Every call that the processor's table has is asked for with all arguments
 * zero; those of the first list must be let through for these duties, every
 * other must end the process. The second list is of calls that depend on
 * their arguments. Duties: M main, L link, C link's child, S sign; D is main
 * with a service that it dials.
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
	{ "read", "MLCSD", "messages" },
	{ "write", "MLCSD", "the log, files" },
	{ "writev", "MLCSD", "the C library's last words" },
	{ "close", "MLCSD", "descriptors of its own" },
	{ "sendto", "MLCSD", "messages; not to an address" },
	{ "poll", "MLCSD", "waiting for a message; room for a call" },
	{ "brk", "MLCSD", "memory" },
	{ "mmap", "MD", "memory; not code" },
	{ "munmap", "MLCSD", "memory" },
	{ "sysinfo", "MLCSD", "qsort() asks for the size of memory" },
	{ "clock_gettime", "MLCSD", "time" },
	{ "gettimeofday", "MLCSD", "time" },
	{ "getrandom", "MSD", "blinding of the key; hash tables" },
	{ "getpid", "MLCSD", "oneself" },
	{ "gettid", "MLCSD", "oneself" },
	{ "futex", "MLCSD", "locks" },
	{ "restart_syscall", "MLCSD", "the kernel's, behind SIGCONT" },
	{ "rt_sigprocmask", "MLCSD", "abort()" },
	{ "exit_group", "MLCSD", "the end" },
	{ "newfstatat", "MD", "files of the state directory" },
	{ "fstat", "MLCD", "open files" },
	{ "pread64", "MLCD", "open files" },
	{ "pwrite64", "MLCD", "open files" },
	{ "ftruncate", "MLCD", "open files" },
	{ "memfd_create", "LC", "libelf writes to a file" },
	{ "fsync", "MSD", "open files" },
	{ "fdatasync", "MD", "the database" },
	{ "openat", "MD", "files of the state directory" },
	{ "renameat", "MD", "files of the state directory" },
	{ "unlinkat", "MD", "files of the state directory" },
	{ "unlink", "MD", "sockets, the database" },
	{ "access", "MD", "the database; is there a /dev/kvm" },
	{ "readlink", "MD", "the database" },
	{ "getdents64", "MD", "what lies in the state directory" },
	{ "lseek", "MD", "what lies in the state directory" },
	{ "fstatfs", "MD", "memory of a VM is an ordinary memfd" },
	{ "fchmod", "MD", "the database" },
	{ "geteuid", "MD", "the database" },
	{ "nanosleep", "MD", "the database, while it is locked" },
	{ "clock_nanosleep", "MD", "the database, while it is locked" },
	{ "epoll_wait", "MD", "the loop" },
	{ "epoll_pwait", "MD", "the loop" },
	{ "epoll_ctl", "MD", "the loop" },
	{ "preadv2", "MD", "a guest's kick, without waiting" },
	{ "timerfd_settime", "MD", "to tell a guest late of what it sent" },
	{ "accept4", "MD", "clients, agents, QEMU" },
	{ "recvfrom", "MD", "vhost-user; not an address" },
	{ "recvmsg", "MD", "vhost-user brings descriptors" },
	{ "sendmsg", "MD", "vsock" },
	{ "shutdown", "MD", "vsock" },
	{ "uname", "MD", "for which kernel an accelerator was tried" },
	{ "wait4", "MLD", "children" },
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
	{ "mmap", "MLCSD", "memory", { 0, 1, 3, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ "mmap", "MD", "a shared file", { 0, 1, 3, MAP_SHARED } },
	{ "mmap", "MD", "a private file", { 0, 1, 1, MAP_PRIVATE } },
	{ "mmap",
	  "MD",
	  "shared memory",
	  { 0, 1, 3, MAP_SHARED | MAP_ANONYMOUS } },
	{ "mmap",
	  "",
	  "memory for code",
	  { 0, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ "mmap", "", "a file of code", { 0, 1, PROT_EXEC, MAP_PRIVATE } },
	{ "mprotect", "", "no access", { 0, 4096, PROT_NONE } },
	{ "mprotect", "", "code", { 0, 4096, PROT_EXEC } },
	{ "mremap", "MLCSD", "growing", { 0, 1, 2, MREMAP_MAYMOVE } },
	{ "mremap",
	  "",
	  "to an address",
	  { 0, 1, 2, MREMAP_MAYMOVE | MREMAP_FIXED } },
	{ "madvise", "MD", "not in a core dump", { 0, 1, MADV_DONTDUMP } },
	{ "madvise", "", "in a core dump", { 0, 1, MADV_DODUMP } },
	{ "madvise", "", "throwing away", { 0, 1, MADV_DONTNEED } },
	{ "sendto", "", "to an address", { CELL_PAIR, 0, 0, 0, 1 } },
	{ "recvfrom", "", "with an address", { CELL_PAIR, 0, 0, 0, 1 } },
	{ "socketpair", "MLD", "Unix", { AF_UNIX, SOCK_STREAM } },
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
	{ "getsockopt", "MD", "of the socket", { CELL_PAIR, SOL_SOCKET } },
	{ "getsockopt", "", "of TCP", { CELL_PAIR, 6 } },
	{ "newfstatat", "MLCD", "open", { 0, 0, 0, AT_EMPTY_PATH } },
	{ "openat", "MD", "anywhere", { AT_FDCWD, 0, O_RDONLY } },
	{ "openat", "MD", "reading in sign's", { CELL_DIR, 0, O_RDONLY } },
	{ "openat",
	  "MSD",
	  "writing in sign's",
	  { CELL_DIR, 0,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW } },
	{ "openat",
	  "MD",
	  "writing in another's",
	  { CELL_PAIR, 0,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW } },
	{ "openat",
	  "MD",
	  "through a link in sign's",
	  { CELL_DIR, 0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC } },
	{ "renameat", "MSD", "within sign's", { CELL_DIR, 0, CELL_DIR } },
	{ "renameat", "MD", "out of sign's", { CELL_DIR, 0, AT_FDCWD } },
	{ "renameat", "MD", "into sign's", { AT_FDCWD, 0, CELL_DIR } },
	{ "unlinkat", "MSD", "in sign's", { CELL_DIR, 0, 0 } },
	{ "unlinkat", "MD", "elsewhere", { AT_FDCWD, 0, 0 } },
	{ "unlinkat", "MD", "directories", { CELL_DIR, 0, AT_REMOVEDIR } },
	{ "fcntl", "MLCD", "reading flags", { 0, F_GETFD } },
	{ "fcntl", "MD", "setting flags", { 0, F_SETFD } },
	{ "fcntl", "MD", "reading status", { 0, F_GETFL } },
	{ "fcntl", "MD", "setting status", { 0, F_SETFL } },
	{ "fcntl", "MD", "asking for a lock", { 0, F_GETLK } },
	{ "fcntl", "MD", "locking", { 0, F_SETLK } },
	{ "fcntl", "MD", "seals", { 0, F_GET_SEALS } },
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
	{ "pidfd_send_signal", "MLD", "ending a child", { 0, SIGKILL } },
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
