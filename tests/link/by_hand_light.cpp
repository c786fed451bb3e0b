#include <t3api/t3api_any_client.hpp>

int status_of(const t3api::any_client& client) {
  const auto answer = client.get("/v2/licenses");
  return answer ? answer->status : answer.error().status;
}
