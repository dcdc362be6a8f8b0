/* SPDX-License-Identifier: MIT */
/* certificate.h - a certificate that nobody has the key of, for tests. */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBejCCASCgAwIBAgIQSO5PBznh2z+4BN5UrmR2gTAKBggqhkjOPQQDAjAUMRIw\n"
	"EAYDVQQDDAltaW5pIHRlc3QwHhcNMjAwMTAxMDAwMDAwWhcNMzYxMTIwMjMzMDIw\n"
	"WjAUMRIwEAYDVQQDDAltaW5pIHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
	"AAQCjoD+HRGy3Ig5SMeVt04BwqsLfVk2xmoIG6346lvvQdwOEUCbQYwrpJ2LXniP\n"
	"M4FzJQ2u9eFpgomoD3+Dotqho1QwUjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQE\n"
	"AwIHgDATBgNVHSUEDDAKBggrBgEFBQcDAzAdBgNVHQ4EFgQUCbhp9chiVtyySQ0H\n"
	"Rezi0/Hk3DEwCgYIKoZIzj0EAwIDSAAwRQIhAIMSvWviB7SaiZwdDw7tVGQYzzdM\n"
	"Tj/TYmsveSFeGTn0AiA/S5HQXk9Bz0/pIAu2VkiH4syyLR1xUgmWE49WRn1H7w==\n"
	"-----END CERTIFICATE-----\n";

#endif
