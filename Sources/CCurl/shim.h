// What Swift cannot call of libcurl: functions with arguments of any type, and macros.
#ifndef LONGHAUL_CCURL_SHIM_H
#define LONGHAUL_CCURL_SHIM_H

#include <curl/curl.h>

// Gets bytes of a body, or a line of a header; returns how many it took. Fewer than `size * count` ends the transfer.
typedef size_t (*lh_curl_sink)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode lh_curl_set_text(CURL *handle, CURLoption option, const char *text) {
  return curl_easy_setopt(handle, option, text);
}

static inline CURLcode lh_curl_set_number(CURL *handle, CURLoption option, long number) {
  return curl_easy_setopt(handle, option, number);
}

static inline CURLcode lh_curl_set_headers(CURL *handle, struct curl_slist *headers) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

static inline CURLcode lh_curl_resume_from(CURL *handle, int64_t offset) {
  return curl_easy_setopt(handle, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)offset);
}

// The bytes must outlive the transfer.
static inline CURLcode lh_curl_set_post(CURL *handle, const void *bytes, int64_t count) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bytes) : code;
}

// Called about once a second and with every piece; other than 0 ends the transfer.
typedef int (*lh_curl_watch)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

// The context must outlive the transfer.
static inline CURLcode lh_curl_set_watch(CURL *handle, lh_curl_watch watch, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, watch);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L) : code;
}

// The context must outlive the transfer.
static inline CURLcode lh_curl_set_sinks(CURL *handle, lh_curl_sink body, lh_curl_sink header, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_HEADERDATA, context) : code;
}

// No other protocols than HTTP's, whatever a redirection says.
static inline CURLcode lh_curl_allow_http_only(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") : code;
#else
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  return code == CURLE_OK
    ? curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS))
    : code;
#endif
}

// The status of the last answer; 0 where there was none.
static inline long lh_curl_status(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

static inline int lh_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

#endif
