#include <doctest/doctest.h>

#include <t3api/sandbox/http/certificate.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

/// Whether a client that trusts `authority` accepts `shown` from a server of that name, or address, now.
bool trusted(const certificate& shown, const certificate& authority, const std::string& name,
             bool is_address = false, int purpose = X509_PURPOSE_SSL_SERVER) {
  const auto chain = certificate_detail::read_chain(shown.certificate_pem);
  const auto root = certificate_detail::read_chain(authority.certificate_pem);
  const std::unique_ptr<X509_STORE, certificate_detail::freed_by<&X509_STORE_free>> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root.front().get());
  const std::unique_ptr<X509_STORE_CTX, certificate_detail::freed_by<&X509_STORE_CTX_free>> context(
      X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(X509_STORE_CTX_get0_param(context.get()), name.c_str());
  } else if (!name.empty()) {
    X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context.get()), name.c_str(), 0);
  }
  return X509_verify_cert(context.get()) == 1;
}

}  // namespace

TEST_CASE("the default certificate is good for this machine and nothing else") {
  const auto made = make_certificate();
  CHECK(trusted(made, made, "localhost"));
  CHECK(trusted(made, made, "127.0.0.1", true));
  CHECK(trusted(made, made, "::1", true));
  CHECK_FALSE(trusted(made, made, "example.com"));
  CHECK_FALSE(trusted(made, made, "127.0.0.2", true));
  CHECK_FALSE(trusted(make_certificate(), made, "localhost"));
}

TEST_CASE("an authority vouches for those it signed, a server's certificate for nobody") {
  const auto root =
      make_certificate({.common_name = "root", .dns_names = {}, .ip_addresses = {}, .is_authority = true});
  const auto server = make_certificate({.dns_names = {"a.example"}, .ip_addresses = {}, .issuer = root});
  CHECK(trusted(server, root, "a.example"));
  CHECK_FALSE(trusted(server, root, "b.example"));
  CHECK_FALSE(trusted(make_certificate({.dns_names = {"a.example"}, .issuer = server}), server, "a.example"));
}

TEST_CASE("certificates end, and begin, when they are told to") {
  const auto now = std::chrono::system_clock::now();
  const auto expired = make_certificate({.not_before = now - 2h, .not_after = now - 1h});
  const auto later = make_certificate({.not_before = now + 1h, .not_after = now + 2h});
  CHECK_FALSE(trusted(expired, expired, "localhost"));
  CHECK_FALSE(trusted(later, later, "localhost"));
}

TEST_CASE("a client's certificate is none for a server") {
  const auto root = make_certificate({.common_name = "root", .is_authority = true});
  const auto client =
      make_certificate({.dns_names = {}, .ip_addresses = {}, .client_auth = true, .issuer = root});
  CHECK(trusted(client, root, "", false, X509_PURPOSE_SSL_CLIENT));
  CHECK_FALSE(trusted(client, root, "", false, X509_PURPOSE_SSL_SERVER));
}

TEST_CASE("names that no certificate can hold are refused") {
  CHECK_THROWS_AS(make_certificate({.ip_addresses = {"not an address"}}), std::invalid_argument);
  CHECK_THROWS_AS(make_certificate({.dns_names = {"a,DNS:b"}}), std::invalid_argument);
  CHECK_THROWS_AS(make_certificate({.issuer = certificate{"no PEM", "no PEM"}}), std::invalid_argument);
}
