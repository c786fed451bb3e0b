// clang-format off
// expect: t3api::client: the Auth policy must have members `t3api::result<t3api::token_generation> authorize(t3api::request&, t3api::exchange&)` and `bool on_unauthorized(t3api::token_generation)`
// clang-format on
#include <t3api/client.hpp>
#include <t3api/retry/none.hpp>
#include <t3api/transport/scripted.hpp>

struct blunder {
  void authorize(t3api::request&) {}
};

int main() {
  const t3api::client<t3api::scripted_transport, blunder, t3api::no_retry> client(t3api::scripted_transport{},
                                                                                  blunder{});
  return client.get("/v2/auth/whoami") ? 0 : 1;
}
