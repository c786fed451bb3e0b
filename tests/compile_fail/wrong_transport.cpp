// clang-format off
// expect: t3api::client: the Transport policy must have a member `t3api::outcome send(const t3api::request&, const t3api::send_options&)`
// clang-format on
#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>
#include <t3api/retry/none.hpp>

struct blunder {
  int send(const t3api::request&) { return 200; }
};

int main() {
  const t3api::client<blunder, t3api::no_auth, t3api::no_retry> client(blunder{}, t3api::no_auth{});
  return client.get("/v2/auth/whoami") ? 0 : 1;
}
