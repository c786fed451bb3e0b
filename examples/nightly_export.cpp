// A nightly export in a dozen lines: every active package of every licence, as one JSON line each.
// Needs T3_SECRET_KEY in the environment, and T3_API_HOST for another host than T3's own.

#include <cstdio>
#include <cstdlib>

#include <t3api/api/load_all.hpp>
#include <t3api/t3api.hpp>

int main() try {
  const char* host = std::getenv("T3_API_HOST");
  const t3api::client client{t3api::secret_key_auth{std::getenv("T3_SECRET_KEY")},
                             {.host = host != nullptr ? host : t3api::default_host}};
  for (const auto& license : t3api::list_licenses(client).value()) {
    for (const auto& row :
         t3api::load_all(client, "/v2/packages/active", {.license_number = license.number, .page_size = 500})
             .value()) {
      std::printf("%s\n", row.dump().c_str());
    }
  }
} catch (const std::exception& failure) {
  std::fprintf(stderr, "export: %s\n", failure.what());
  return 1;
}
