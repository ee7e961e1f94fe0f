#include "benchmarks/html_report/report_server.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <httplib.h>

#include "benchmarks/html_report/live_report.h"
#include "features/hash.h"
#include "pipeline/data/text_file.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLoopback = "127.0.0.1";

/// Whether the request is addressed to this machine.
bool is_local_host(std::string host) {
  const size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) host.resize(colon);
  return host == kLoopback || host == "localhost" || host == "[::1]";
}

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

bool is_text_of_a_run(const fs::path& path) {
  static const std::set<std::string> extensions = {".log",  ".toml",  ".csv",
                                                   ".json", ".jsonl", ".md"};
  return extensions.count(path.extension().string()) != 0;
}

void refuse(httplib::Response& response, int status, const std::string& reason) {
  response.status = status;
  response.set_content(reason + "\n", "text/plain; charset=utf-8");
}

/// The number of a source; none where there is no such source.
std::optional<size_t> source_number(const std::string& digits, size_t num_sources) {
  size_t number = 0;
  for (const char digit : digits) {
    number = 10 * number + static_cast<size_t>(digit - '0');
    if (number >= num_sources) return std::nullopt;
  }
  return number;
}

/// `below` is what the client asked for, decoded: nothing about it is believed.
void answer_file(const std::vector<fs::path>& roots, const std::string& digits,
                 const std::string& below, httplib::Response& response) {
  const std::optional<size_t> number = source_number(digits, roots.size());
  if (!number || below.find('\0') != std::string::npos)
    return refuse(response, 404, "no such file");
  const fs::path& root = roots[*number];
  std::error_code error;
  const fs::path path = fs::weakly_canonical(root / fs::path(below).relative_path(), error);
  if (error || !is_below(path, root)) return refuse(response, 403, "not a file of these runs");
  if (!fs::is_regular_file(path, error)) return refuse(response, 404, "no such file");
  if (!is_text_of_a_run(path)) return refuse(response, 403, "not a text file of a run");
  response.set_content(data::read_bytes(path.string()), "text/plain; charset=utf-8");
}

void answer_json(const httplib::Request& request, httplib::Response& response,
                 const std::string& text) {
  const std::string tag = '"' + features::sha256(text).substr(0, 32) + '"';
  response.set_header("ETag", tag);
  if (request.get_header_value("If-None-Match") == tag)
    response.status = 304;
  else
    response.set_content(text, "application/json");
}

}  // namespace

struct ReportServer::Impl {
  explicit Impl(const HtmlReportOptions& options) : report(options) {
    for (const RunSource& source : options.sources) roots.push_back(fs::canonical(source.path));
  }

  void set_up();

  LiveReport report;
  std::vector<fs::path> roots;
  httplib::Server server;
  int port = 0;
};

void ReportServer::Impl::set_up() {
  using httplib::Request;
  using httplib::Response;
  server.set_default_headers({{"Cache-Control", "no-cache"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"}});
  server.set_keep_alive_timeout(1);  // an idle connection does not delay the end
  // Without SO_REUSEPORT, which would let a second server share the port unnoticed.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  server.set_pre_routing_handler([](const Request& request, Response& response) {
    if (is_local_host(request.get_header_value("Host")))
      return httplib::Server::HandlerResponse::Unhandled;
    refuse(response, 403, "this server answers its own machine only");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get("/", [this](const Request&, Response& response) {
    response.set_content(report.page(), "text/html; charset=utf-8");
  });
  server.Get("/report.json", [this](const Request& request, Response& response) {
    answer_json(request, response, report.report());
  });
  server.Get("/clips.json", [this](const Request& request, Response& response) {
    answer_json(request, response, report.clips());
  });
  server.Get(R"(/files/(\d+)/(.+))", [this](const Request& request, Response& response) {
    answer_file(roots, request.matches[1], request.matches[2], response);
  });
}

ReportServer::ReportServer(const HtmlReportOptions& options, int port)
    : impl_(std::make_unique<Impl>(options)) {
  impl_->set_up();
  if (port == 0) {
    impl_->port = impl_->server.bind_to_any_port(kLoopback);
  } else if (impl_->server.bind_to_port(kLoopback, port)) {
    impl_->port = port;
  }
  TORCH_CHECK(impl_->port > 0, "serve: cannot listen on ", kLoopback, ":", port,
              "; is the port taken? --port names another, 0 any");
}

ReportServer::~ReportServer() = default;

int ReportServer::port() const { return impl_->port; }

void ReportServer::run() { impl_->server.listen_after_bind(); }

void ReportServer::stop() {
  // Before it listens, the server would not hear it.
  while (!impl_->server.is_running()) std::this_thread::yield();
  impl_->server.stop();
}

}  // namespace vidqa::benchmarks
