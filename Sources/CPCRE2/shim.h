#ifndef ROUTERC_CPCRE2_SHIM_H
#define ROUTERC_CPCRE2_SHIM_H

/* The 8-bit library: names of models are bytes of UTF-8. Functions carry the suffix `_8`. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#endif
