// expect: deleted
// expect: friend std::ostream& operator<<(std::ostream&, const secret&) = delete
#include <t3api/core/secret.hpp>

// No stream itself, so that the compiler does not list what else can be streamed.
struct logger {
  operator std::ostream&() const;
};

void show(const logger& log, const t3api::secret& password) { log << password; }
