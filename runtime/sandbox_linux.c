/* SPDX-License-Identifier: MIT */
/*
 * sandbox_linux.c - sandbox.h for Linux: a seccomp filter, by prctl(), which Linux 3.10 has.
 *
 * The filter is a program of classic BPF that is made here from the tables below: first whose call
 * it is, then the calls whose arguments matter, then the lists, the busiest calls first.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "platform.h"

/* What differs: the older architecture has calls that the newer one does without. */
#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define FIRST_FOREIGN 0x40000000u /* from here on: x32 */
#define READING_HERE                                                                               \
	SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_poll, SYS_getdents, SYS_time,           \
		SYS_getrlimit, SYS_arch_prctl
#define WRITING_HERE SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_rename, SYS_symlink, SYS_chmod, SYS_chown
#define FORBIDDEN_HERE                                                                             \
	SYS_fork, SYS_vfork, SYS_mknod, SYS_iopl, SYS_ioperm, SYS_create_module, SYS_uselib,       \
		SYS_modify_ldt, SYS_kexec_file_load
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define FIRST_FOREIGN 0x40000000u /* there are none */
#define READING_HERE SYS_ppoll
#define WRITING_HERE SYS_renameat
#define FORBIDDEN_HERE SYS_kexec_file_load
#endif

static const int reading[] = {
	/* what extracting does all the time */
	SYS_pread64, SYS_write, SYS_read, SYS_close, SYS_fstat, SYS_newfstatat, SYS_futex,
	SYS_clock_gettime, SYS_mmap, SYS_munmap, SYS_brk, SYS_mremap, SYS_madvise, SYS_mprotect,
	/* files */
	SYS_readv, SYS_writev, SYS_lseek, SYS_fcntl, SYS_flock, SYS_dup, SYS_dup3, SYS_getdents64,
	SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_statfs, SYS_fstatfs, SYS_statx,
	SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_umask,
	/* waiting, also for the runner; time */
	SYS_wait4, SYS_nanosleep, SYS_clock_nanosleep, SYS_restart_syscall, SYS_gettimeofday,
	SYS_clock_getres, SYS_times,
	/* who and where */
	SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_getrandom, SYS_getcpu,
	/* signals and threads of its own */
	SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_set_robust_list,
	SYS_set_tid_address, SYS_rseq, SYS_membarrier, SYS_sched_yield, SYS_sched_getaffinity,
	SYS_exit, SYS_exit_group, READING_HERE
};

/* What changes a file. */
static const int writing[] = {
	SYS_pwrite64,  SYS_pwritev,         SYS_mkdirat,         SYS_unlinkat, SYS_renameat2,
	SYS_symlinkat, SYS_fchmod,          SYS_fchmodat,        SYS_fchown,   SYS_fchownat,
	SYS_utimensat, SYS_ftruncate,       SYS_fallocate,       SYS_fsync,    SYS_fdatasync,
	SYS_syncfs,    SYS_sync_file_range, SYS_copy_file_range, WRITING_HERE
};

/*
 * Whoever tries these is told of.  The list need not be complete to be safe: what stands nowhere
 * answers ENOSYS, with calls of kernels to come.
 */
static const int forbidden[] = {
	/* the network */
	SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
	SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
	SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_setsockopt, SYS_getsockopt,
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
	/* executing, and other processes */
	SYS_execve, SYS_execveat, SYS_memfd_create, SYS_ptrace, SYS_process_vm_readv,
	SYS_process_vm_writev, SYS_kcmp, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo, SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal,
	SYS_personality, SYS_unshare, SYS_setns, SYS_setsid, SYS_setpgid,
	/* mounts and roots */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount,
	SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_swapon,
	SYS_swapoff, SYS_quotactl, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_mknodat,
	/* the kernel */
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_bpf,
	SYS_perf_event_open, SYS_userfaultfd, SYS_reboot, SYS_syslog, SYS_acct, SYS_add_key,
	SYS_request_key, SYS_keyctl, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
	SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname,
	/* user ids and capabilities */
	SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
	SYS_setgroups, SYS_setfsuid, SYS_setfsgid, SYS_capset, FORBIDDEN_HERE
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* --- the program ------------------------------------------------------------------------------- */

/*
 * Answers.  A kernel before 4.14 takes KILL_PROCESS for the end of the thread, which is the process
 * as long as there is only one.
 */
#define ALLOW SECCOMP_RET_ALLOW
#define TELL SECCOMP_RET_TRAP
#define ABSENT (SECCOMP_RET_ERRNO | ENOSYS)
#define END 0x80000000u /* SECCOMP_RET_KILL_PROCESS */

/* Lists need two instructions a call; the calls with arguments are few. */
#define RULES_MAX (2 * (COUNT_OF(reading) + COUNT_OF(writing) + COUNT_OF(forbidden)) + 64)

struct program {
	struct sock_filter rules[RULES_MAX];
	unsigned short count; /* BPF_MAXINSNS is 4096 */
};

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define EQUAL (BPF_JMP | BPF_JEQ | BPF_K)
#define AT_LEAST (BPF_JMP | BPF_JGE | BPF_K)
#define HAS_BITS (BPF_JMP | BPF_JSET | BPF_K)
#define ANSWER (BPF_RET | BPF_K)

/* @yes and @no: how many instructions to skip. */
static void add(struct program *p, unsigned code, uint32_t k, uint8_t yes, uint8_t no)
{
	p->rules[p->count++] = (struct sock_filter) { (uint16_t)code, yes, no, k };
}

static void add_answer(struct program *p, uint32_t answer)
{
	add(p, ANSWER, answer, 0, 0);
}

static void load_number(struct program *p)
{
	add(p, LOAD, offsetof(struct seccomp_data, nr), 0, 0);
}

/* The low half of an argument; both architectures are little-endian. */
static void load_argument(struct program *p, unsigned n)
{
	add(p, LOAD, (uint32_t)(offsetof(struct seccomp_data, args) + n * sizeof(uint64_t)), 0, 0);
}

static void add_call(struct program *p, int number, uint32_t answer)
{
	add(p, EQUAL, (uint32_t)number, 0, 1);
	add_answer(p, answer);
}

static void add_list(struct program *p, const int *list, size_t n, uint32_t answer)
{
	for (size_t i = 0; i < n; i++)
		add_call(p, list[i], answer);
}

/* A call by what bits its argument @n has. */
static void add_bits(struct program *p, int number, unsigned n, uint32_t bits, uint32_t with,
		     uint32_t without)
{
	add(p, EQUAL, (uint32_t)number, 0, 4);
	load_argument(p, n);
	add(p, HAS_BITS, bits, 0, 1);
	add_answer(p, with);
	add_answer(p, without);
}

/* A call that is answered so when its argument @n is @value; the number is loaded afterwards. */
static void add_value(struct program *p, int number, unsigned n, uint32_t value, uint32_t answer)
{
	add(p, EQUAL, (uint32_t)number, 0, 4);
	load_argument(p, n);
	add(p, EQUAL, value, 0, 1);
	add_answer(p, answer);
	load_number(p);
}

/* As far as an argument makes the difference. */
static void add_arguments(struct program *p, bool writes)
{
	uint32_t changes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	uint32_t answer = writes ? ALLOW : TELL;
	add_bits(p, SYS_openat, 2, changes, answer, ALLOW);
#ifdef SYS_open
	add_bits(p, SYS_open, 1, changes, answer, ALLOW);
#endif
	/* a thread, never a process; clone3 has its flags in memory, and libc can do without it */
	add_bits(p, SYS_clone, 0, CLONE_THREAD, ALLOW, TELL);
	/* is it a terminal, and how wide; never TIOCSTI and the like */
	add_value(p, SYS_ioctl, 1, TIOCGWINSZ, ALLOW);
	add_value(p, SYS_ioctl, 1, TCGETS, ALLOW);
	add_call(p, SYS_ioctl, ABSENT);
	/* what tells of forbidden calls stays as it is */
	add_value(p, SYS_rt_sigaction, 0, SIGSYS, TELL);
	add_call(p, SYS_rt_sigaction, ALLOW);
	/* limits of its own may be read */
	add_value(p, SYS_prlimit64, 2, 0, ALLOW);
}

static void make_program(struct program *p, bool writes)
{
	p->count = 0;
	add(p, LOAD, offsetof(struct seccomp_data, arch), 0, 0);
	add(p, EQUAL, ARCHITECTURE, 1, 0);
	add_answer(p, END);
	load_number(p);
	add(p, AT_LEAST, FIRST_FOREIGN, 0, 1);
	add_answer(p, END);
	add_arguments(p, writes);
	add_list(p, reading, COUNT_OF(reading), ALLOW);
	add_list(p, writing, COUNT_OF(writing), writes ? ALLOW : TELL);
	add_list(p, forbidden, COUNT_OF(forbidden), TELL);
	add_answer(p, ABSENT);
}

/* --- telling ----------------------------------------------------------------------------------- */

static struct {
	int status;
	int log; /* descriptor, or -1 */
} told = { .log = -1 };

/*
 * The signal comes from the call itself, at a place where it could have returned: nothing is half
 * done, so that this may do more than other handlers.
 */
_Noreturn static void on_forbidden(int sig UNUSED, siginfo_t *info, void *context UNUSED)
{
	char when[PLATFORM_TIME_SIZE], text[160];
	snprintf(text, sizeof(text),
		 "stopped before a system call that is forbidden here (number %d): do not trust "
		 "what "
		 "was read",
		 info->si_syscall);
	dprintf(STDERR_FILENO, "ibbundle: %s\n", text);
	platform_format_time(platform_now(), when);
	if (told.log >= 0)
		dprintf(told.log, "%s ibbundle[%u]: failed (exit code %d): %s\n", when,
			(unsigned)platform_process_id(), told.status, text);
	_exit(told.status);
}

void sandbox_log_to(FILE *log)
{
	told.log = log ? fileno(log) : -1;
}

bool sandbox_enter(bool writes, int status, struct err *err)
{
	struct program program;
	make_program(&program, writes);
	struct sock_fprog filter = { program.count, program.rules };
	struct sigaction tell = { .sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO };
	told.status = status;
	if (sigaction(SIGSYS, &tell, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0))
		return err_set(err, ERR_SYSTEM, "%s", strerror(errno));
	return true;
}
