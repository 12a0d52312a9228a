// The digests of OpenSSL's libcrypto, which uses the processor's SHA instructions where there are any.
#ifndef LONGHAUL_CLIBCRYPTO_SHIM_H
#define LONGHAUL_CLIBCRYPTO_SHIM_H

#include <openssl/crypto.h>
#include <openssl/evp.h>

#endif
