#include <t3api/t3api.hpp>

int status_of(const t3api::any_client& client);

int main() {
  t3api::scripted_transport script;
  const t3api::response answer{.status = 200,
                               .body = R"([{"licenseName": "Shop", "licenseNumber": "LIC-1"}])"};
  script.reply(answer);
  script.reply(answer);
  const t3api::client client{script, t3api::no_auth{}};
  return status_of(client) == 200 && t3api::list_licenses(client).value().size() == 1 ? 0 : 1;
}
