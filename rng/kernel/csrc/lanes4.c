/* Four lanes: SSE2 on x86-64, NEON on ARM64, and whatever the compiler makes of it elsewhere. */
#define LANES 4
#define COMPRESS compress_lanes4
#define TARGET
#include "lanes.h"
