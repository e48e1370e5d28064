#ifndef ROUTERC_CLIBYAML_SHIM_H
#define ROUTERC_CLIBYAML_SHIM_H

#include <yaml.h>

#endif
