#include "callers.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>

#include <t3api/t3api.hpp>
#include <t3api/transport/socket.hpp>

#include "raw_socket.hpp"

#ifdef T3API_BENCH_CURL
#include <curl/curl.h>
#endif

namespace {

constexpr const char* document = R"({"items":[{"label":"1A4FF0000000022000000123","quantity":1.5}]})";
constexpr const char* token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJiZW5jaCJ9.c2lnbmF0dXJl";

std::size_t body_size(const measured_call& call) {
  return call.large ? fixed_server::large_body : fixed_server::small_body;
}

void check(bool well, const char* who) {
  if (!well) throw std::runtime_error(std::string(who) + ": the call failed");
}

t3api::request request_of(const measured_call& call) {
  t3api::request message{
      .path = call.large ? "/page" : "/v2/auth/whoami",
      .headers = {{"Accept", "application/json"}, {"Authorization", std::string("Bearer ") + token}}};
  if (call.post) {
    message.method = t3api::method::post;
    message.headers.add("Content-Type", "application/json");
    message.body = document;
  }
  return message;
}

std::function<void()> bare_socket(const fixed_server& server, const measured_call& call) {
  const auto message = request_of(call);
  const auto host = t3api::parse_url(server.url(call.tls)).value();
  const auto bytes = t3api::detail::http1::request_head(message, host, nullptr) + message.body;
  const auto connection = std::make_shared<raw_socket>(server.port(call.tls), bytes, call.tls);
  return [connection, size = body_size(call)] {
    (*connection)();
    check(connection->body().size() == size, "bare socket");
  };
}

const t3api::tls_options any_certificate{.dangerously_accept_any_certificate = true};

template <class Transport>
std::function<void()> by_transport(const fixed_server& server, const measured_call& call) {
  return
      [carrier = Transport({.tls = any_certificate}), host = t3api::parse_url(server.url(call.tls)).value(),
       message = request_of(call), size = body_size(call)]() mutable {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        const auto answer =
            carrier.send(message, {.host = host, .deadline = until, .stop = {}, .idempotent = true});
        check(answer && answer->status == 200 && answer->body.size() == size, "transport");
      };
}

std::function<void()> by_client(const fixed_server& server, const measured_call& call) {
  const t3api::client client(t3api::bearer_auth(token),
                             {.host = server.url(call.tls), .tls = any_certificate});
  t3api::request message = request_of(call);
  message.headers.erase("Authorization");
  return [client, message, size = body_size(call)] {
    const auto answer = client.send(message);
    check(answer && answer->body.size() == size, "client");
  };
}

#ifndef T3API_WITHOUT_HTTPLIB
template <class Client>
std::function<void()> by_httplib(std::shared_ptr<Client> client, const measured_call& call) {
  client->set_keep_alive(true);
  client->set_tcp_nodelay(true);
  httplib::Headers fields{{"Accept", "application/json"}, {"Authorization", std::string("Bearer ") + token}};
  return [client, call, fields] {
    const auto answer = call.post ? client->Post("/v2/auth/whoami", fields, document, "application/json")
                                  : client->Get(call.large ? "/page" : "/v2/auth/whoami", fields);
    check(answer && answer->status == 200 && answer->body.size() == body_size(call), "cpp-httplib");
  };
}

/// Nothing over TLS where cpp-httplib was compiled without it.
std::function<void()> raw_httplib(const fixed_server& server, const measured_call& call) {
  if (!call.tls) {
    return by_httplib(std::make_shared<httplib::Client>("127.0.0.1", server.port(false)), call);
  }
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
  const auto client = std::make_shared<httplib::SSLClient>("127.0.0.1", server.port(true));
  client->enable_server_certificate_verification(false);
  return by_httplib(client, call);
#else
  return {};
#endif
}
#endif

#ifdef T3API_BENCH_CURL
std::function<void()> libcurl(const fixed_server& server, const measured_call& call) {
  struct transfer {
    CURL* easy = curl_easy_init();
    curl_slist* fields = nullptr;
    transfer() = default;
    transfer(const transfer&) = delete;
    transfer& operator=(const transfer&) = delete;
    ~transfer() {
      curl_easy_cleanup(easy);
      curl_slist_free_all(fields);
    }
  };
  const auto reused = std::make_shared<transfer>();
  for (const std::string& field :
       {std::string("Accept: application/json"), std::string("Authorization: Bearer ") + token,
        std::string("Content-Type: application/json")}) {
    reused->fields = curl_slist_append(reused->fields, field.c_str());
  }
  CURL* easy = reused->easy;
  curl_easy_setopt(easy, CURLOPT_URL,
                   (server.url(call.tls) + (call.large ? "/page" : "/v2/auth/whoami")).c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, reused->fields);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30'000L);
  if (call.post) curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, document);
  using receiver = std::size_t (*)(const char*, std::size_t, std::size_t, std::string*);
  const receiver append = [](const char* bytes, std::size_t, std::size_t count, std::string* body) {
    body->append(bytes, count);
    return count;
  };
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
  return [reused, size = body_size(call)] {
    std::string body;
    curl_easy_setopt(reused->easy, CURLOPT_WRITEDATA, &body);
    long status = 0;
    const bool done = curl_easy_perform(reused->easy) == CURLE_OK;
    curl_easy_getinfo(reused->easy, CURLINFO_RESPONSE_CODE, &status);
    check(done && status == 200 && body.size() == size, "libcurl");
  };
}
#endif

}  // namespace

const std::vector<measured_call>& measured_calls() {
  static const std::vector<measured_call> all = [] {
    std::vector<measured_call> made;
    for (const bool tls : {false, true}) {
      const std::string end = tls ? "-tls" : "";
      made.push_back({.name = "get" + end, .tls = tls, .post = false, .large = false});
      made.push_back({.name = "get-page" + end, .tls = tls, .post = false, .large = true});
      made.push_back({.name = "post" + end, .tls = tls, .post = true, .large = false});
    }
    return made;
  }();
  return all;
}

std::vector<caller> callers(const fixed_server& server, const measured_call& call) {
  std::vector<caller> all{{"socket", bare_socket(server, call)},
                          {"socket_transport", by_transport<t3api::socket_transport>(server, call)}};
#ifndef T3API_WITHOUT_HTTPLIB
  all.push_back({"httplib_transport", by_transport<t3api::httplib_transport>(server, call)});
#endif
  all.push_back({"client", by_client(server, call)});
#ifndef T3API_WITHOUT_HTTPLIB
  if (auto way = raw_httplib(server, call)) all.push_back({"cpp-httplib", std::move(way)});
#endif
#ifdef T3API_BENCH_CURL
  all.push_back({"libcurl", libcurl(server, call)});
#endif
  return all;
}
