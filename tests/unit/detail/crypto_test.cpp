#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include <t3api/detail/crypto.hpp>

using namespace t3api::detail;

namespace {

std::string digits(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

std::string unhex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string count_up(int last) {
  std::string bytes;
  for (int i = 1; i <= last; ++i) bytes += static_cast<char>(i);
  return bytes;
}

}  // namespace

TEST_CASE("PBKDF2 gives the beginning of the keys of RFC 7914 section 11") {
  CHECK(digits(pbkdf2_sha256("passwd", "salt", 1)) ==
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  CHECK(digits(pbkdf2_sha256("Password", "NaCl", 80000)) ==
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

TEST_CASE("HMAC-SHA-256 gives the codes of RFC 4231 section 4") {
  CHECK(digits(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(digits(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(digits(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(digits(hmac_sha256(count_up(25), std::string(50, '\xcd'))) ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  CHECK(digits(hmac_sha256(std::string(20, '\x0c'), "Test With Truncation")).substr(0, 32) ==
        "a3b6167473100ee06e0c796c2955552b");
  CHECK(digits(hmac_sha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(digits(hmac_sha256(
            std::string(131, '\xaa'),
            "This is a test using a larger than block-size key and a larger than block-size data. The key "
            "needs to be hashed before being used by the HMAC algorithm.")) ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("HMAC-SHA-512 gives the codes of RFC 4231 section 4") {
  CHECK(digits(hmac_sha512(std::string(20, '\x0b'), "Hi There")) ==
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  CHECK(digits(hmac_sha512("Jefe", "what do ya want for nothing?")) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  CHECK(digits(hmac_sha512(std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
        "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
        "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb");
  CHECK(digits(hmac_sha512(count_up(25), std::string(50, '\xcd'))) ==
        "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
        "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd");
  CHECK(digits(hmac_sha512(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
        "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST_CASE("HMAC-SHA-1 gives the codes of RFC 2202 section 3") {
  CHECK(digits(hmac_sha1(std::string(20, '\x0b'), "Hi There")) == "b617318655057264e28bc0b6fb378c8ef146be00");
  CHECK(digits(hmac_sha1("Jefe", "what do ya want for nothing?")) ==
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(digits(hmac_sha1(std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
        "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
  CHECK(digits(hmac_sha1(count_up(25), std::string(50, '\xcd'))) ==
        "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
  CHECK(digits(hmac_sha1(std::string(20, '\x0c'), "Test With Truncation")) ==
        "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04");
  CHECK(
      digits(hmac_sha1(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
      "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  CHECK(digits(hmac_sha1(std::string(80, '\xaa'),
                         "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data")) ==
        "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

TEST_CASE("an empty key and an empty message have a code") {
  CHECK(digits(hmac_sha256("", "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  CHECK(digits(hmac_sha256({}, {})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
  CHECK(digits(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digits(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digits(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("random bytes have the wanted size and do not repeat") {
  CHECK(random_bytes(0).empty());
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    auto bytes = random_bytes(16);
    CHECK(bytes.size() == 16);
    seen.insert(std::move(bytes));
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("texts are equal only when every byte and the size are") {
  CHECK(constant_time_equal("", ""));
  CHECK(constant_time_equal({}, ""));
  CHECK(constant_time_equal("secret", "secret"));
  CHECK_FALSE(constant_time_equal("secret", "secreT"));
  CHECK_FALSE(constant_time_equal("Secret", "secret"));
  CHECK_FALSE(constant_time_equal("secret", "secret1"));
  CHECK_FALSE(constant_time_equal("", "x"));
  CHECK_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST_CASE("AES-256-GCM gives the texts and tags of test cases 13 to 16 of its specification for NIST") {
  struct vector {
    const char *key, *nonce, *plain, *associated, *text;
  };
  const char* zeros = "0000000000000000000000000000000000000000000000000000000000000000";
  const char* key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
  const vector vectors[] = {
      {zeros, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
      {zeros, "000000000000000000000000", "00000000000000000000000000000000", "",
       "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
      {key, "cafebabefacedbaddecaf888",
       "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
       "b16aedf5aa0de657ba637b391aafd255",
       "",
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
       "c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
      {key, "cafebabefacedbaddecaf888",
       "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
       "b16aedf5aa0de657ba637b39",
       "feedfacedeadbeeffeedfacedeadbeefabaddad2",
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
       "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
  };
  for (const auto& v : vectors) {
    CAPTURE(v.text);
    const auto text = gcm_encrypt(unhex(v.key), unhex(v.nonce), unhex(v.plain), unhex(v.associated));
    CHECK(digits(text) == v.text);
    CHECK(gcm_decrypt(unhex(v.key), unhex(v.nonce), text, unhex(v.associated)) == unhex(v.plain));
    CHECK_FALSE(gcm_decrypt(unhex(v.key), unhex("cafebabefacedbaddecaf889"), text, unhex(v.associated)));
    CHECK_FALSE(gcm_decrypt(unhex(v.key), unhex(v.nonce), text, unhex(v.associated) + "x"));
  }
}

TEST_CASE("AES-256-GCM refuses keys and nonces of other sizes, and texts too short for a tag") {
  const std::string key(32, 'k');
  const std::string nonce(12, 'n');
  CHECK_THROWS_AS(gcm_encrypt(key.substr(1), nonce, "x", ""), std::invalid_argument);
  CHECK_THROWS_AS(gcm_encrypt(key, nonce.substr(1), "x", ""), std::invalid_argument);
  CHECK_THROWS_AS(gcm_encrypt(key, nonce + "n", "x", ""), std::invalid_argument);
  CHECK_FALSE(gcm_decrypt(key, nonce, std::string(15, 'x'), ""));
  CHECK_FALSE(gcm_decrypt(key, nonce, "", ""));
}
