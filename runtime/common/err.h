/* SPDX-License-Identifier: MIT */
/*
 * err.h - one error: what kind it is, and one line for a person.
 *
 * A fallible function returns bool (or a pointer) and fills a struct err only when it fails.
 * The place that notices says what is wrong; each caller that knows more wraps what it was
 * doing.  Only main() prints.  Messages: lower case, no full stop, names in single quotes, and
 * a next step where there is one.
 */
#ifndef ERR_H
#define ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"

/*
 * Kind, exit status, and the stable word that --json and logs carry as "reason".
 *
 * The status is that of the builder's commands and of the runtime's reading commands (1 the
 * answer is no, 2 usage, 3 format, 4 trust, 5 system).  Installing commands map kinds to the
 * extensions' own codes in runtime/report.c.
 */
#define ERR_CODES(X)                                                                               \
	X(ERR_NONE, 0, "ok")                                                                       \
	X(ERR_NO, 1, "no")                   /* the answer to the question is no */                \
	X(ERR_NO_DEVICE, 1, "no-infiniband") /* no InfiniBand function on this machine */          \
	X(ERR_OS_UNSUPPORTED, 1, "os-unsupported")                                                 \
	X(ERR_MACHINE_UNSUPPORTED, 1, "machine-unsupported") /* NIC or mode has no package */      \
	X(ERR_USAGE, 2, "usage")                                                                   \
	X(ERR_FORMAT, 3, "format")         /* input breaks its format: corrupt or hostile */       \
	X(ERR_UNRESOLVED, 3, "unresolved") /* a dependency closure can't be satisfied */           \
	X(ERR_DIGEST, 4, "digest-mismatch")                                                        \
	X(ERR_UNSIGNED, 4, "unsigned")                                                             \
	X(ERR_SIGNATURE, 4, "signature-invalid")                                                   \
	X(ERR_NOT_CHECKED, 4, "signature-not-checked") /* this libcrypto lacks its algorithm */    \
	X(ERR_UNTRUSTED, 4, "signer-untrusted")                                                    \
	X(ERR_EXPIRED, 4, "expired")                                                               \
	X(ERR_UNPINNED, 4, "not-pinned")     /* --require-pinned or --require-trust said no */     \
	X(ERR_POLICY, 4, "policy-unusable")  /* others may write it, or it breaks its format */    \
	X(ERR_SIGNERS, 4, "signers-missing") /* fewer, or others, than the policy asks for */      \
	X(ERR_SIGNER_EXPIRED, 4, "signer-expired") /* or not valid yet, or not at the creation */  \
	X(ERR_REVOKED, 4, "signer-revoked")                                                        \
	X(ERR_CRL, 4, "revocation-list-invalid")                                                   \
	X(ERR_CRL_MISSING, 4, "revocation-unknown") /* no list, or none that is new enough */      \
	X(ERR_ALGORITHM, 4, "algorithm-refused")                                                   \
	X(ERR_POST_QUANTUM, 4, "post-quantum-missing")                                             \
	X(ERR_MINIMUM, 4, "version-below-minimum")                                                 \
	X(ERR_AGE, 4, "bundle-too-old")                                                            \
	X(ERR_DOWNGRADE, 4, "downgrade") /* a newer version was installed here before */           \
	X(ERR_CLOCK, 4, "clock-wrong")   /* earlier than what is known to have happened */         \
	X(ERR_ROTATION, 4, "rotation-invalid")                                                     \
	X(ERR_TERMS, 1, "license-not-accepted") /* --accept-license is missing */                  \
	X(ERR_SYSTEM, 5, "system")              /* the operating system said no */                 \
	X(ERR_NO_MEMORY, 5, "no-memory")                                                           \
	X(ERR_NO_SPACE, 5, "no-space")                                                             \
	X(ERR_NOT_ROOT, 5, "not-root")                                                             \
	X(ERR_LOCKED, 5, "locked") /* another install or the package manager */                    \
	X(ERR_TIMEOUT, 5, "timeout")                                                               \
	X(ERR_INTERRUPTED, 5, "interrupted")                                                       \
	X(ERR_NETWORK, 5, "network")                                                               \
	X(ERR_CONFLICT, 5, "package-conflict")    /* what is installed can't stand beside this */  \
	X(ERR_SECURE_BOOT, 5, "secure-boot")      /* it would refuse the package's modules */      \
	X(ERR_MISSING, 5, "prerequisite-missing") /* headers, a program, a package */              \
	X(ERR_BUILT_IN, 5, "module-built-in")     /* the kernel has it for good */                 \
	X(ERR_STACK, 5, "other-stack")            /* another vendor's driver stack is installed */ \
	X(ERR_BROKEN, 5, "package-manager-broken")                                                 \
	X(ERR_FILESYSTEM, 5, "file-system") /* mounted read-only or noexec */                      \
	X(ERR_STEP, 5, "step-failed")                                                              \
	X(ERR_CHECK, 5, "check-failed")                                                            \
	X(ERR_MISSING_BLOCK, 5, "block-missing") /* this slice lacks a block that is needed */

enum err_code {
#define X(name, status, word) name,
	ERR_CODES(X)
#undef X
};

struct err {
	enum err_code code;
	char msg[1024]; /* no allocation: works when memory has run out */
};

#ifdef __MINGW32__
#define PRINTF_LIKE(f, a) __attribute__((format(gnu_printf, f, a)))
#else
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#endif

/* Exit status and reason word of a kind. */
int err_status(enum err_code code);
const char *err_reason(enum err_code code);

/* All return false, so that a failing function ends in one line.  @e may be NULL. */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put "text: " before the message that stands. */
bool err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

bool err_no_memory(struct err *e);

#endif
