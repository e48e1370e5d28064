#ifndef ROUTERC_CLIBCURL_SHIM_H
#define ROUTERC_CLIBCURL_SHIM_H

#include <curl/curl.h>

#endif
