#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <t3api/core/url.hpp>
#include <t3api/sandbox.hpp>

#include "access_log.hpp"
#include "commands.hpp"
#include "end_signals.hpp"
#include "serve_options.hpp"

namespace {

using t3api::sandbox::backing;
using t3api::sandbox::caller;
using t3api::sandbox::served;
using t3api::sandbox::service;

backing open_backing(const serve_options& options) {
  backing on{.on_trouble = warn};
  on.ring = open_ring(options.keeping);
  if (!options.keeping.data.empty()) {
    on.keys = open_database(options.keeping.data);
    warn_of_open_folder(options.keeping.data);
    warn_of_foreign_records(*on.keys, on.ring);
  }
  if (options.redis) on.sessions = open_redis(*options.redis, *on.ring->ring());
  return on;
}

served answer(service& to, const t3api::request& asked, const caller& from) {
  const auto start = std::chrono::steady_clock::now();
  auto made = to.serve(asked, from);
  write_access_line(access_line(asked, made.answer, from.address, std::chrono::system_clock::now(),
                                std::chrono::steady_clock::now() - start));
  return made;
}

}  // namespace

int serve(arguments given) {
  auto options = parse_serve_options(std::move(given));
  end_signals ends;
  std::signal(SIGPIPE, SIG_IGN);  // Nobody may read the access log any longer.
  t3api::sandbox::http_server_options server_options{
      .host = options.host,
      .port = options.port,
      .proxy_address = options.proxy,
      .on_refused = [](const caller& from, int status) {
        write_access_line(refused_line(from.address, status, std::chrono::system_clock::now()));
      }};
  if (!options.tls_certificate.empty()) {
    server_options.tls = t3api::sandbox::load_certificate(options.tls_certificate, options.tls_key);
  }
  service asked(options.settings,
                options.accounts.empty() ? t3api::sandbox::demo_directory()
                                         : t3api::sandbox::load_accounts(options.accounts),
                std::make_shared<t3api::real_clock>(), open_backing(options));
  t3api::sandbox::http_server server(
      [&](const t3api::request& r, const caller& from) { return answer(asked, r, from); }, server_options);
  server.start();

  if (!t3api::url{.host = server_options.host, .base_path = {}}.is_loopback()) {
    warn(server_options.host +
         " can be reached from other machines; the sandbox is made for this machine alone");
  }
  ends.heed();
  std::printf("%s\n", nlohmann::ordered_json({{"url", server.url()}, {"pid", getpid()}}).dump().c_str());
  std::fflush(stdout);
  ends.wait();
  server.stop();
  return 0;
}
