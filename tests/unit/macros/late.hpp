// Such names that the standard library, cpp-httplib or nlohmann/json do not bear: they come behind these.

// windows.h
#undef min
#define min(a, b) a macro stood here
#undef max
#define max(a, b) a macro stood here

// X11
#undef None
#define None a macro stood here
#undef Success
#define Success a macro stood here

// macOS
#undef check
#define check(a) a macro stood here

// C libraries, gettext and programs
#undef I
#define I a macro stood here
#undef B0
#define B0 a macro stood here
#undef B1
#define B1 a macro stood here
#undef U
#define U a macro stood here
#undef _
#define _ a macro stood here
#undef PI
#define PI a macro stood here
#undef MIN
#define MIN(a, b) a macro stood here
#undef MAX
#define MAX(a, b) a macro stood here
#undef FAR
#define FAR a macro stood here
#undef major
#define major a macro stood here
#undef minor
#define minor a macro stood here
