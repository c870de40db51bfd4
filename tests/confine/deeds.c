// SPDX-License-Identifier: BSD-2-Clause
/* What is tried in cells, for real. */

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deeds.h"
#include "../../host-bridge/file.h"

static char page[4096] __attribute__((aligned(4096)));
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static pid_t parent; /* of all cells */

void vouch_deeds_open(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	parent = getpid();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock",
		 vouch_cell_state);
	if (fd >= 0 &&
	    !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !listen(fd, 64))
		return;
	perror("deeds");
	exit(1);
}

/* The whole of a deed that one expression does; negative: it failed. */
#define DEED(name, expression)                    \
	static int name(const void *arg)          \
	{                                         \
		(void)arg;                        \
		return (expression) < 0 ? -1 : 0; \
	}

/* ---- files ---- */

DEED(read_passwd, open("/etc/passwd", O_RDONLY))
DEED(read_key, open(vouch_cell_secret, O_RDONLY))
DEED(read_memory_of_init, open("/proc/1/mem", O_RDWR))
DEED(read_memory_of_parent, ({
	     char path[32];

	     snprintf(path, sizeof(path), "/proc/%d/mem", (int)parent);
	     open(path, O_RDWR);
     }))
DEED(write_outside, open("/tmp/vouch-outside", O_WRONLY | O_CREAT, 0600))
DEED(write_out_of_directory, ({
	     char path[80];

	     /* An absolute path makes the directory's descriptor moot. */
	     snprintf(path, sizeof(path), "%s", vouch_cell_secret);
	     openat(CELL_DIR, path,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0600);
     }))
DEED(remove_key, unlinkat(CELL_DIR, vouch_cell_secret, 0))
DEED(make_device, mknod("/tmp/vouch-device", S_IFCHR | 0600, 0x103))
DEED(make_link, symlink("/etc/passwd", "/tmp/vouch-link"))
DEED(change_mode, chmod(vouch_cell_secret, 0644))
DEED(put_file, vouch_file_put(CELL_DIR, "sequence", "1 1\n", 4))

static int put_and_get(void)
{
	void *data;
	size_t len;
	int err = vouch_file_put(CELL_DIR, "file", "text", 4);

	if (!err)
		err = vouch_file_get(CELL_DIR, "file", 4, &data, &len);
	errno = err ? -err : errno;
	return err;
}

DEED(get_file, put_and_get())

/* ---- sockets ---- */

DEED(open_inet, socket(AF_INET, SOCK_STREAM, 0))
DEED(open_vsock, socket(AF_VSOCK, SOCK_STREAM, 0))
DEED(open_netlink, socket(AF_NETLINK, SOCK_RAW, 0))
DEED(dial, ({
	     int fd = socket(AF_UNIX,
			     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	     fd < 0 ? -1
		    : connect(fd, (struct sockaddr *)&address, sizeof(address));
     }))
DEED(connect_pair,
     connect(CELL_PAIR, (struct sockaddr *)&address, sizeof(address)))
DEED(bind_pair, bind(CELL_PAIR, (struct sockaddr *)&address, sizeof(address)))
DEED(listen_pair, listen(CELL_PAIR, 1))
DEED(send_pair, send(CELL_PAIR, "", 1, MSG_NOSIGNAL))
DEED(make_pair, ({
	     int pair[2];

	     socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
     }))

/* ---- other processes ---- */

DEED(execute, execl("/bin/true", "true", NULL))
DEED(execute_memory,
     syscall(SYS_execveat, CELL_DIR, "", NULL, NULL, AT_EMPTY_PATH))
DEED(fork_freely, syscall(SYS_fork))
DEED(start_thread, syscall(SYS_clone3, NULL, 0))
DEED(kill_parent, kill(parent, SIGTERM))
DEED(signal_init, kill(1, 0))
DEED(hold_parent, pidfd_open(parent, 0))
DEED(trace_parent, ptrace(PTRACE_ATTACH, parent, 0, 0))
DEED(be_traced, ptrace(PTRACE_TRACEME, 0, 0, 0))
DEED(read_parent, process_vm_readv(parent, NULL, 0, NULL, 0, 0))
DEED(write_parent, process_vm_writev(parent, NULL, 0, NULL, 0, 0))
DEED(bound_parent, prlimit(parent, RLIMIT_CPU, NULL, NULL))
DEED(compare, syscall(SYS_kcmp, 1, 1, 0, 0, 0))

static int end_child(const void *arg)
{
	int pid_fd, status;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL,
				   &pid_fd, NULL, 0);

	(void)arg;
	if (!pid)
		for (;;)
			getpid();
	if (pid < 0 || pidfd_send_signal(pid_fd, SIGKILL, NULL, 0) ||
	    waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 0 : -1;
}

static int give_up(const void *arg)
{
	(void)arg;
	abort();
}

/* ---- memory ---- */

DEED(map_memory, mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
			 ? -1
			 : 0)
DEED(map_code, mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? -1
		       : 0)
DEED(make_code, mprotect(page, sizeof(page), PROT_READ | PROT_EXEC))
DEED(make_code_by_key,
     syscall(SYS_pkey_mprotect, page, sizeof(page), PROT_EXEC, -1))
DEED(fault_by_hand, syscall(SYS_userfaultfd, 0))
DEED(write_elf, ({
	     int fd = memfd_create("image", MFD_CLOEXEC);

	     fd < 0 ? -1 : (int)pwrite(fd, "ELF", 3, 0);
     }))

/* ---- the kernel ---- */

DEED(mount_proc, mount("proc", "/mnt", "proc", 0, NULL))
DEED(unmount, umount2("/mnt", MNT_DETACH))
DEED(change_root, chroot("/tmp"))
DEED(leave_namespace, unshare(CLONE_NEWUSER))
DEED(enter_namespace, setns(CELL_PAIR, 0))
DEED(become_root, syscall(SYS_setuid, 0))
DEED(become_group, syscall(SYS_setgid, 0))
DEED(take_capabilities, ({
	     cap_t all = cap_from_text("all=ep");

	     cap_set_proc(all);
     }))
DEED(dump_again, prctl(PR_SET_DUMPABLE, 1))
DEED(load_bpf, ({
	     union bpf_attr attr = {};

	     syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
     }))
DEED(open_perf, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0))
DEED(open_ring, syscall(SYS_io_uring_setup, 1, page))
DEED(use_keys, syscall(SYS_keyctl, 0, 0, 0, 0, 0))
DEED(add_key, syscall(SYS_add_key, "user", "x", "x", 1, -3))
DEED(load_module, syscall(SYS_finit_module, CELL_PAIR, "", 0))
DEED(load_kernel, syscall(SYS_kexec_load, 0, 0, NULL, 0))
DEED(power_off, syscall(SYS_reboot, 0, 0, 0, NULL))
DEED(read_kernel_log, syscall(SYS_syslog, 3, page, 1))
DEED(set_clock, syscall(SYS_settimeofday, NULL, NULL))
DEED(open_by_handle, syscall(SYS_open_by_handle_at, CELL_DIR, NULL, 0))
DEED(ask_kernel, syscall(SYS_personality, 0xffffffff))
#ifdef __x86_64__
DEED(call_as_x32, syscall(0x40000000 | SYS_getpid))

/* getpid(), by the gate of another architecture. */
static long getpid_as_i386(void)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(20)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

DEED(call_as_i386, getpid_as_i386())
#endif

#define CAN(text, name, who)                                     \
	{                                                        \
		text, name, NULL, who, CELL_WORKED, false, 0, "" \
	}
#define NOBODY(text, name) CAN(text, name, "")
/* The sanitizers' run time does it as well. */
#define PLAIN(text, name)                                      \
	{                                                      \
		text, name, NULL, "", CELL_WORKED, true, 0, "" \
	}
/* A path is a matter of Landlock for those that may open any. */
#define DENIED(text, name, who)                                      \
	{                                                            \
		text, name, NULL, "", CELL_WORKED, true, EACCES, who \
	}

const struct deed vouch_deeds[] = {
	DENIED("read a file of the system", read_passwd, "M"),
	DENIED("read the key's file", read_key, "M"),
	DENIED("open the memory of init", read_memory_of_init, "M"),
	DENIED("open the memory of its parent", read_memory_of_parent, "M"),
	DENIED("write outside its directory", write_outside, "M"),
	DENIED("leave its directory by an absolute path",
	       write_out_of_directory, "MS"),
	DENIED("remove the key's file", remove_key, "MS"),
	NOBODY("make a device", make_device),
	NOBODY("make a symbolic link", make_link),
	NOBODY("change a mode", change_mode),
	CAN("put a file in place", put_file, "MS"),
	{ "read its own files", get_file, NULL, "M", CELL_WORKED, true, 0, "" },
	NOBODY("open an IPv4 socket", open_inet),
	NOBODY("open a vsock", open_vsock),
	NOBODY("open a netlink socket", open_netlink),
	CAN("dial a Unix socket", dial, "D"),
	{ "connect a socket that it has", connect_pair, NULL, "", CELL_WORKED,
	  false, EISCONN, "D" },
	NOBODY("bind a socket", bind_pair),
	NOBODY("listen", listen_pair),
	CAN("send to its pair", send_pair, "MLCS"),
	CAN("make a pair", make_pair, "ML"),
	NOBODY("run a program", execute),
	NOBODY("run a program from memory", execute_memory),
	NOBODY("fork by another call", fork_freely),
	NOBODY("start a thread", start_thread),
	PLAIN("kill its parent", kill_parent),
	PLAIN("signal init", signal_init),
	NOBODY("get hold of another process", hold_parent),
	PLAIN("trace its parent", trace_parent),
	PLAIN("be traced", be_traced),
	PLAIN("read another's memory", read_parent),
	NOBODY("write another's memory", write_parent),
	PLAIN("bound another's resources", bound_parent),
	NOBODY("compare other processes", compare),
	{ "make a child and end it", end_child, NULL, "L", CELL_WORKED, true, 0,
	  "" },
	{ "abort", give_up, NULL, "MS", CELL_ABORTED, true, 0, "" },
	CAN("have memory", map_memory, "MLCS"),
	PLAIN("map code", map_code),
	PLAIN("make memory code", make_code),
	NOBODY("make memory code by a key", make_code_by_key),
	NOBODY("serve page faults", fault_by_hand),
	CAN("write an ELF file in memory", write_elf, "LC"),
	NOBODY("mount", mount_proc),
	NOBODY("unmount", unmount),
	NOBODY("change its root", change_root),
	NOBODY("leave a namespace", leave_namespace),
	NOBODY("enter a namespace", enter_namespace),
	NOBODY("become root", become_root),
	NOBODY("take root's group", become_group),
	NOBODY("take capabilities", take_capabilities),
	PLAIN("be dumped again", dump_again),
	NOBODY("use bpf", load_bpf),
	NOBODY("use perf events", open_perf),
	NOBODY("use io_uring", open_ring),
	NOBODY("use keys of the kernel", use_keys),
	NOBODY("add a key to the kernel's", add_key),
	NOBODY("load a module", load_module),
	NOBODY("load a kernel", load_kernel),
	NOBODY("power off", power_off),
	NOBODY("read the kernel's log", read_kernel_log),
	NOBODY("set the clock", set_clock),
	NOBODY("open a file by its handle", open_by_handle),
	NOBODY("change its personality", ask_kernel),
#ifdef __x86_64__
	NOBODY("call as x32", call_as_x32),
	NOBODY("call as i386", call_as_i386),
#endif
	{ NULL, NULL, NULL, NULL, CELL_WORKED, false, 0, NULL },
};
