#ifndef ROUTERC_CLIBCURL_SHIM_H
#define ROUTERC_CLIBCURL_SHIM_H

/* Its macros would check calls that the functions below have typed already. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* libcurl's setters and getters are variadic, which Swift cannot call: one for each type. */

static inline CURLcode routerc_curl_start(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

static inline CURLcode routerc_curl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

/* libcurl copies the text; NULL takes the option back. */
static inline CURLcode routerc_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

/* libcurl keeps the list: it must live as long as the transfer. */
static inline CURLcode routerc_curl_set_list(
    CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

/* Takes bytes of an answer; a result other than size * count ends the transfer. */
typedef size_t (*routerc_curl_sink)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode routerc_curl_set_sinks(
    CURL *easy, routerc_curl_sink head, routerc_curl_sink body, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    return code;
}

/* The status of the answer; 0 where there was none. */
static inline long routerc_curl_status(CURL *easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* A transfer that has ended, and with what; NULL where there is no further one. */
static inline CURL *routerc_curl_ended(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    while (message != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
        message = curl_multi_info_read(multi, &left);
    }
    return NULL;
}

/* Waits for sockets, for `wakeup` to be readable, or for the time, then does what can be done. Not
   the other way round: a transfer that ended ahead of the wait would not end the wait. */
static inline CURLMcode routerc_curl_wait(CURLM *multi, int wakeup, int milliseconds) {
    struct curl_waitfd extra = {wakeup, CURL_WAIT_POLLIN, 0};
    int running = 0;
    CURLMcode code = curl_multi_poll(multi, &extra, 1, milliseconds, NULL);
    return code == CURLM_OK ? curl_multi_perform(multi, &running) : code;
}

#endif
