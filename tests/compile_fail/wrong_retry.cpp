// clang-format off
// expect: t3api::client: the Retry policy must have a member `std::optional<std::chrono::milliseconds> next_delay(const t3api::attempt&, const t3api::error&)`
// clang-format on
#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>
#include <t3api/transport/scripted.hpp>

struct blunder {
  int next_delay(int attempt) { return attempt; }
};

int main() {
  const t3api::client<t3api::scripted_transport, t3api::no_auth, blunder> client(t3api::scripted_transport{},
                                                                                 t3api::no_auth{});
  return client.get("/v2/auth/whoami") ? 0 : 1;
}
