#ifndef T3API_EXAMPLES_SUPPORT_REPORT_HPP
#define T3API_EXAMPLES_SUPPORT_REPORT_HPP

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace examples {

/// Lines for a person on standard output: aligned columns, colours on a terminal only (and not with
/// NO_COLOR).
class report {
 public:
  void title(const std::string& text) const { std::printf("%s\n", paint("1", text).c_str()); }
  void note(const std::string& text) const { std::printf("%s\n", paint("2", text).c_str()); }
  void line(const std::string& text) const { std::printf("%s\n", text.c_str()); }

  void header() const {
    note(before_status("way in", "account") + left("status", status_width) +
         after_status("licences", "packages", "ms", "renewed"));
  }

  void row(const std::string& way, const std::string& account, int status, const std::string& licenses,
           const std::string& packages, double milliseconds, const std::string& renewed) const {
    char elapsed[32];
    std::snprintf(elapsed, sizeof elapsed, "%.1f", milliseconds);
    const std::string shown = left(status == 0 ? "none" : std::to_string(status), status_width);
    const bool good = status >= 200 && status < 300;
    std::printf("%s%s%s\n", before_status(way, account).c_str(), paint(good ? "32" : "31", shown).c_str(),
                after_status(licenses, packages, elapsed, renewed).c_str());
  }

  std::string paint(const char* code, const std::string& text) const {
    return colours_ ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
  }

 private:
  static constexpr std::size_t way_width = 22, account_width = 24, status_width = 6;

  static std::string left(std::string_view text, std::size_t width) {
    std::string padded(text.substr(0, width));
    return padded + std::string(width - padded.size(), ' ');
  }
  static std::string right(std::string_view text, std::size_t width) {
    return text.size() >= width ? std::string(text)
                                : std::string(width - text.size(), ' ') + std::string(text);
  }
  static std::string before_status(std::string_view way, std::string_view account) {
    return "  " + left(way, way_width) + "  " + left(account, account_width) + "  ";
  }
  static std::string after_status(std::string_view licenses, std::string_view packages,
                                  std::string_view elapsed, std::string_view renewed) {
    return right(licenses, 10) + right(packages, 12) + right(elapsed, 9) + "  " + std::string(renewed);
  }

  static bool terminal() {
    if (std::getenv("NO_COLOR") != nullptr) return false;
#ifdef _WIN32
    return false;
#else
    return ::isatty(STDOUT_FILENO) == 1;
#endif
  }

  bool colours_ = terminal();
};

}  // namespace examples

#endif
