// The sandbox over real HTTP and HTTPS, with a raw client and with raw sockets: no part of the client wing,
// so that an error in what both wings share cannot hide.
#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox.hpp>

#include <tests/support/raw_client.hpp>

using nlohmann::json;
using t3api::sandbox::http_server;
using t3api::sandbox::make_certificate;
using raw_connection = t3api::test::raw_client;

namespace {

const std::string credentials_sent =
    R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password","otp":null})";

struct running_sandbox {
  t3api::sandbox::service service;
  http_server server;

  explicit running_sandbox(t3api::sandbox::http_server_options options = {})
      : server([this](const t3api::request& r) { return service.handle(r); }, std::move(options)) {
    server.start();
  }

  httplib::Client client() const {
    httplib::Client made(server.url());
    made.set_tcp_nodelay(true);
    return made;
  }
};

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("the way from credentials to data, over HTTP") {
  running_sandbox s;
  auto client = s.client();
  const auto exchange = client.Post("/v2/auth/credentials", credentials_sent, "application/json");
  REQUIRE(exchange);
  REQUIRE(exchange->status == 200);
  const std::string token = json::parse(exchange->body)["accessToken"];
  const auto licenses = client.Get("/v2/licenses", httplib::Headers{{"Authorization", "Bearer " + token}});
  REQUIRE(licenses);
  CHECK(licenses->status == 200);
  CHECK(json::parse(licenses->body).size() == 2);
  CHECK(licenses->get_header_value("Content-Type") == "application/json");
  CHECK(licenses->get_header_value("Cache-Control") == "no-store");
  CHECK(licenses->has_header("Date"));
  CHECK(licenses->get_header_value_count("Content-Length") == 1);

  const auto created = client.Post("/v2/auth/secretkey", credentials_sent, "application/json");
  REQUIRE(created);
  const std::string key = json::parse(created->body)["secretKey"];
  const auto packages =
      client.Get("/v2/packages/active?pageSize=3&licenseNumber=LIC%2D00001&secretKey=" + key);
  REQUIRE(packages);
  CHECK(packages->status == 200);
  CHECK(json::parse(packages->body)["data"].size() == 3);
  CHECK(client.Get("/v2/licenses", httplib::Headers{{"x-t3-api-key", key}})->status == 200);
  const auto refused = client.Get("/v2/licenses");
  REQUIRE(refused);
  CHECK(refused->status == 401);
  CHECK(refused->get_header_value("WWW-Authenticate") == "Bearer");
}

TEST_CASE("HTTPS with a certificate made at run time, trusted by its own authority") {
  const auto authority = make_certificate(
      {.common_name = "test authority", .dns_names = {}, .ip_addresses = {}, .is_authority = true});
  running_sandbox s({.tls = make_certificate({.issuer = authority})});
  CHECK(s.server.url().substr(0, 18) == "https://127.0.0.1:");

  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  REQUIRE(context);
  const auto bio = BIO_new_mem_buf(authority.certificate_pem.data(), -1);
  X509* trusted = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted) == 1);
  const auto handshake = [&](int most_version) {
    const raw_connection unused(s.server.port());  // An idle connection beside it disturbs nobody.
    BIO* connection = BIO_new_ssl_connect(context);
    SSL* ssl = nullptr;
    BIO_get_ssl(connection, &ssl);
    SSL_set_max_proto_version(ssl, most_version);
    SSL_set_security_level(ssl, 0);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1");
    BIO_set_conn_hostname(connection, ("127.0.0.1:" + std::to_string(s.server.port())).c_str());
    const bool done = BIO_do_handshake(connection) == 1;
    BIO_free_all(connection);
    return done;
  };
  CHECK(handshake(TLS1_3_VERSION));
  CHECK(handshake(TLS1_2_VERSION));
  CHECK_FALSE(handshake(TLS1_1_VERSION));
  X509_free(trusted);
  BIO_free(bio);
  SSL_CTX_free(context);

  auto client = s.client();
  client.enable_server_certificate_verification(false);
  const auto states = client.Get("/v2/states");
  REQUIRE(states);
  CHECK(states->status == 200);
}

TEST_CASE("a server that asks for client certificates lets nobody in without") {
  const auto authority = make_certificate({.common_name = "clients", .is_authority = true});
  running_sandbox s({.tls = make_certificate(), .client_authorities = authority.certificate_pem});
  auto stranger = s.client();
  stranger.enable_server_certificate_verification(false);
  CHECK_FALSE(stranger.Get("/v2/states"));
}

TEST_CASE("a certificate that cannot be used stops the start") {
  const auto one = make_certificate(), other = make_certificate();
  const auto never = [](const t3api::request&) { return t3api::response{.status = 200}; };
  for (const auto& wrong :
       {t3api::sandbox::certificate{one.certificate_pem, other.key_pem},
        t3api::sandbox::certificate{"", one.key_pem}, t3api::sandbox::certificate{one.certificate_pem, ""}}) {
    http_server server(never, {.tls = wrong});
    CHECK_THROWS_AS(server.start(), std::invalid_argument);
  }
}

TEST_CASE("a port that is in use stops the start, and says so") {
  running_sandbox s;
  http_server second([](const t3api::request&) { return t3api::response{.status = 200}; },
                     {.port = s.server.port()});
  try {
    second.start();
    FAIL("two servers share a port");
  } catch (const std::runtime_error& failure) {
    CHECK(std::string(failure.what()).find("another program uses the port") != std::string::npos);
  }
  http_server nowhere([](const t3api::request&) { return t3api::response{.status = 200}; },
                      {.host = "192.0.2.1"});
  CHECK_THROWS_AS(nowhere.start(), std::runtime_error);
}

TEST_CASE("requests arrive as they were sent") {
  t3api::request seen;
  http_server server([&](const t3api::request& r) {
    seen = r;
    return t3api::response{.status = 207,
                           .headers = {{"Content-Type", "text/x-test"}, {"X-Answer", "a"}, {"X-Answer", "b"}},
                           .body = "echo"};
  });
  server.start();
  httplib::Client client(server.url());
  const auto answer = client.Put("/a%20b/c%2Fd+e%3F?x=1&y=a%26b&x=2%203&empty",
                                 httplib::Headers{{"X-Mine", "one"}}, std::string(1000, 'z'), "text/plain");
  REQUIRE(answer);
  CHECK(answer->status == 207);
  CHECK(answer->body == "echo");
  CHECK(answer->get_header_value("Content-Type") == "text/x-test");
  CHECK(answer->get_header_value_count("X-Answer") == 2);
  CHECK(seen.method == t3api::method::put);
  CHECK(seen.path == "/a b/c%2Fd+e%3F");
  CHECK(seen.query == t3api::query_params{{"x", "1"}, {"y", "a&b"}, {"x", "2 3"}, {"empty", ""}});
  CHECK(seen.headers.get("x-mine") == "one");
  CHECK_FALSE(seen.headers.contains("REMOTE_ADDR"));
  CHECK(seen.body == std::string(1000, 'z'));
  CHECK(client.Delete("/a")->status == 207);
  CHECK(seen.method == t3api::method::delete_);
  CHECK(client.Patch("/a", "body", "text/plain")->status == 207);
  CHECK(seen.body == "body");
  CHECK(client.Get("/a", httplib::Headers{{"Range", "bytes=0-1"}})->body == "echo");
}

TEST_CASE("a handler that throws is a 500 that tells nothing, and is heard of") {
  int status = 0;
  http_server server([](const t3api::request&) -> t3api::response { throw std::runtime_error("canary"); },
                     {.on_refused = [&](const t3api::sandbox::caller&, int given) { status = given; }});
  server.start();
  const auto answer = httplib::Client(server.url()).Get("/");
  REQUIRE(answer);
  CHECK(answer->status == 500);
  CHECK(answer->body.find("canary") == std::string::npos);
  server.stop();
  CHECK(status == 500);
}

TEST_CASE("methods that are not ours are refused with T3's error body") {
  running_sandbox s;
  auto client = s.client();
  const auto options = client.Options("/v2/states");
  REQUIRE(options);
  CHECK(options->status == 405);
  CHECK(options->has_header("Allow"));
  CHECK(json::parse(options->body)["error"]["status_code"] == 405);
  const auto put = client.Put("/v2/states");
  REQUIRE(put);
  CHECK(put->status == 405);
  CHECK(put->get_header_value("Allow") == "GET, HEAD");
}

TEST_CASE("HEAD gets the head of what GET gets") {
  running_sandbox s;
  auto client = s.client();
  const auto head = client.Head("/v2/states"), get = client.Get("/v2/states");
  REQUIRE(head);
  REQUIRE(get);
  CHECK(head->status == 200);
  CHECK(head->body.empty());
  CHECK(head->get_header_value("Content-Length") == get->get_header_value("Content-Length"));
}

TEST_CASE("a body that is too large gets 413, whether it tells its size or not") {
  running_sandbox s({.max_body_bytes = 10'000});
  auto client = s.client();
  const auto stated = client.Post("/v2/auth/credentials", std::string(20'000, ' '), "application/json");
  REQUIRE(stated);
  CHECK(stated->status == 413);
  CHECK(json::parse(stated->body)["error"]["status_code"] == 413);
  const auto chunked = client.Post(
      "/v2/auth/credentials",
      [](std::size_t offset, httplib::DataSink& sink) {
        if (offset >= 20'000) {
          sink.done();
          return true;
        }
        const std::string part(1000, ' ');
        return sink.write(part.data(), part.size());
      },
      "application/json");
  REQUIRE(chunked);
  CHECK(chunked->status == 413);

  raw_connection endless(s.server.port());
  endless.send("POST /v2/auth/credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
  CHECK(endless.read_to_end().substr(0, 12) == "HTTP/1.1 413");
}

TEST_CASE("a request in doubt about its body gets one answer and the end of the connection") {
  running_sandbox s;
  const std::string smuggled = "GET /v2/states HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(smuggled.size()) + "\r\n";
  for (const auto& head : std::vector<std::string>{
           "POST /v2/auth/credentials HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + length,
           "POST /v2/auth/credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + length,
           "POST /v2/auth/credentials HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n",
           "POST /v2/auth/credentials HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n",
           "POST /v2/auth/credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n",
           "GET /v2/licenses HTTP/1.1\r\nHost: x\r\n" + length,
           "OPTIONS /v2/licenses HTTP/1.1\r\nHost: x\r\n" + length,
           "DELETE /v2/licenses HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n",
       }) {
    CAPTURE(head);
    raw_connection connection(s.server.port());
    connection.send(head + "\r\n" + smuggled);
    const auto answers = connection.read_to_end();
    CHECK(count_of(answers, "HTTP/1.1 ") == 1);
    CHECK(count_of(answers, "HTTP/1.1 200") == 0);
    CHECK(count_of(answers, "Connection: close") == 1);
  }
}

TEST_CASE("what is no HTTP gets 400 with T3's error body and the end of the connection") {
  running_sandbox s;
  for (const std::string bytes : {"NONSENSE\r\n\r\n", "GET /v2/states HTTP/9.9\r\n\r\n"}) {
    raw_connection connection(s.server.port());
    connection.send(bytes);
    const auto answer = connection.read_to_end();
    CHECK(answer.substr(0, 12) == "HTTP/1.1 400");
    CHECK(answer.find("\"status_code\":400") != answer.npos);
  }
}

TEST_CASE("one connection carries many requests") {
  running_sandbox s;
  raw_connection connection(s.server.port());
  for (int i = 0; i < 20; ++i) {
    connection.send("GET /v2/states HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = connection.read_answer();
    CHECK(answer.substr(0, 12) == "HTTP/1.1 200");
    CHECK(answer.find("\r\nKeep-Alive: timeout=5\r\n") != answer.npos);
  }
  connection.send("GET /v2/states HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(connection.read_to_end().find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("the answer to HEAD has no body, and none for GET is left behind") {
  http_server server([](const t3api::request&) { return t3api::response{.status = 200, .body = "12345"}; });
  server.start();
  raw_connection connection(server.port());
  connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answers = connection.read_to_end();
  CHECK(count_of(answers, "Content-Length: 5") == 2);
  CHECK(count_of(answers, "12345") == 1);
}

TEST_CASE("many clients at once are all served") {
  running_sandbox s;
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      auto client = s.client();
      client.set_keep_alive(true);
      for (int j = 0; j < 3; ++j) {
        const auto answer = client.Get("/v2/states");
        served += answer && answer->status == 200;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(served == 300);
}

TEST_CASE("stop waits for answers that are on their way, and for no idle connection") {
  std::promise<void> asked, may_answer;
  auto answering = may_answer.get_future().share();
  http_server server(
      [&](const t3api::request& r) {
        if (r.path == "/slow") {
          asked.set_value();
          answering.wait();
        }
        return t3api::response{.status = 200, .body = "answered"};
      },
      {.idle_timeout = std::chrono::hours(1)});
  server.start();
  raw_connection silent(server.port()), half(server.port()), slow(server.port());
  half.send("GET /half HTTP/1.1\r\nHo");
  httplib::Client used(server.url());
  used.set_keep_alive(true);
  REQUIRE(used.Get("/quick"));
  slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  asked.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { server.stop(); });
  CHECK(silent.read_to_end()
            .empty());  // By now idle connections are closed; the slow answer must still arrive.
  may_answer.set_value();
  stopped.get();  // Would take the idle hour if idle connections held it up.
  const auto answer = slow.read_to_end();
  CHECK(answer.find("answered") != answer.npos);
  CHECK_FALSE(httplib::Client(server.url()).Get("/quick"));
  server.stop();
  server.start();
  CHECK(httplib::Client(server.url()).Get("/quick"));
}

TEST_CASE("a handler that waits is told when the server stops, in each of its runs") {
  t3api::real_clock clock;
  std::atomic<int> waiting = 0;
  http_server server([&](const t3api::request&, const t3api::sandbox::caller& from) {
    ++waiting;
    const bool waited = clock.wait_until(clock.now() + std::chrono::hours(1), from.stop);
    return t3api::response{.status = 200, .body = waited ? "waited" : "told to stop"};
  });
  for (int run = 1; run <= 2; ++run) {
    server.start();
    raw_connection client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (waiting < run) std::this_thread::yield();
    server.stop();
    CHECK(client.read_to_end().ends_with("told to stop"));
  }
}

TEST_CASE("servers stop with idle TLS connections too") {
  http_server server([](const t3api::request&) { return t3api::response{.status = 200}; },
                     {.tls = make_certificate(), .idle_timeout = std::chrono::hours(1)});
  server.start();
  httplib::Client client(server.url());
  client.enable_server_certificate_verification(false);
  client.set_keep_alive(true);
  REQUIRE(client.Get("/"));
  const raw_connection before_handshake(server.port());
  server.stop();
}
