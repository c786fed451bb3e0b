// run:
// A transport of your own: any type with a `send` of this shape will do. This one serves answers from a table
// and counts what it was asked, as a test of your own program might.

#include <cstdio>
#include <map>
#include <string>

#include <t3api/t3api.hpp>

class table_transport {
 public:
  explicit table_transport(std::map<std::string, std::string> bodies) : bodies_(std::move(bodies)) {}

  t3api::outcome send(const t3api::request& request, const t3api::send_options&) {
    const auto found = bodies_.find(request.path);
    if (found == bodies_.end())
      return t3api::response{.status = 404, .body = R"({"message":"not in the table"})"};
    return t3api::response{
        .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = found->second};
  }

 private:
  const std::map<std::string, std::string> bodies_;
};

int main() {
  const std::map<std::string, std::string> bodies{
      {"/v2/licenses", R"([{"licenseName":"Shop","licenseNumber":"LIC-00001"}])"}};
  const t3api::client client{table_transport(bodies),
                             t3api::secret_key_auth{"a key that no service has to know"}};

  for (const auto& license : t3api::list_licenses(client).value()) {
    std::printf("%s %s\n", license.number.c_str(), license.name.c_str());
  }
  const auto missing = client.get("/v2/items");
  std::printf("%s\n", missing ? "unexpected" : missing.error().message.c_str());
  return missing ? 1 : 0;
}
