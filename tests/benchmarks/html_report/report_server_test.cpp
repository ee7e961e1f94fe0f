#include "benchmarks/html_report/report_server.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/html_report/run_folders.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::write_file;

class Server : public ::testing::Test {
 protected:
  void SetUp() override {
    RunFiles run;
    run.predictions = answered_all("1101");
    write_run(temp_.file("runs/a"), run);
    write_file(temp_.file("runs/a/train.log"), "epoch 1\n");
    write_file(temp_.file("runs/a/best.pt"), "weights");
    write_file(temp_.file("secret.log"), "secret");
    fs::create_directories(temp_.file("runs_too"));
    write_file(temp_.file("runs_too/x.log"), "secret");
    fs::create_symlink(temp_.file("secret.log"), temp_.file("runs/a/link.log"));
    fs::create_directory_symlink(temp_.path(), temp_.file("runs/a/up"));
    fs::create_symlink("train.log", temp_.file("runs/a/inside.log"));
    HtmlReportOptions options;
    options.sources = {{temp_.file("runs"), temp_.file("runs")}};
    server_ = std::make_unique<ReportServer>(options, 0);
    thread_ = std::thread([this] { server_->run(); });
  }
  void TearDown() override {
    server_->stop();
    thread_.join();
  }
  /// `path` goes to the server as it is.
  httplib::Response get(const std::string& path, const httplib::Headers& headers = {}) const {
    httplib::Client client("127.0.0.1", server_->port());
    client.set_url_encode(false);
    const httplib::Result result = client.Get(path, headers);
    EXPECT_TRUE(result) << path;
    return result ? *result : httplib::Response();
  }
  int status(const std::string& path) const { return get(path).status; }

  testing::TempDir temp_;
  std::unique_ptr<ReportServer> server_;
  std::thread thread_;
};

TEST_F(Server, GivesThePageAndItsData) {
  const httplib::Response page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("id=\"live-data\">true</script>"));
  const httplib::Response report = get("/report.json");
  EXPECT_EQ(nlohmann::json::parse(report.body)["runs"][0]["state"], "done");
  EXPECT_EQ(get("/report.json", {{"If-None-Match", report.get_header_value("ETag")}}).status, 304);
  EXPECT_EQ(nlohmann::json::parse(get("/clips.json").body)["clips"].size(), 0u);
}

TEST_F(Server, GivesTheTextFilesOfRuns) {
  EXPECT_EQ(get("/files/0/a/train.log").body, "epoch 1\n");
  EXPECT_THAT(get("/files/0/a/config.toml").body, HasSubstr("tgif-action"));
  EXPECT_EQ(get("/files/0/a/inside.log").body, "epoch 1\n");
  EXPECT_THAT(get("/files/0/a/train.log").get_header_value("Content-Type"),
              HasSubstr("text/plain"));
  EXPECT_EQ(status("/files/0/a/best.pt"), 403);
  EXPECT_EQ(status("/files/0/a"), 404);
  EXPECT_EQ(status("/files/0/a/nothing.log"), 404);
  EXPECT_EQ(status("/files/1/a/train.log"), 404);
  EXPECT_EQ(status("/files/99999999999999999999999/a/train.log"), 404);
}

TEST_F(Server, RefusesPathsOutOfTheRuns) {
  const std::string secret = temp_.file("secret.log");
  for (const std::string& path : std::vector<std::string>{
           "/files/0/../secret.log", "/files/0/a/../../secret.log", "/files/0/%2e%2e/secret.log",
           "/files/0/%2E%2E%2Fsecret.log", "/files/0/a%2f..%2f..%2fsecret.log",
           "/files/0/..%5csecret.log", "/files/0/%252e%252e/secret.log",
           "/files/0/..%2fruns_too/x.log", "/files/0/a/link.log", "/files/0/a/up/secret.log",
           "/files/0/a/up/runs_too/x.log", "/files/0/" + secret, "/files/0/%2f" + secret,
           "/files/0//etc/passwd", "/../secret.log", "/secret.log", "/files/0/..%00/secret.log",
           "/files/0/a/train.log%00.log"}) {
    const httplib::Response response = get(path);
    EXPECT_TRUE(response.status == 403 || response.status == 404 || response.status == 400)
        << path << " " << response.status;
    EXPECT_THAT(response.body, Not(HasSubstr("secret"))) << path;
  }
  EXPECT_EQ(status("/files/0/a/link.log"), 403);
  EXPECT_EQ(status("/files/0/%2e%2e/secret.log"), 403);
}

TEST_F(Server, AnswersThisMachineOnly) {
  EXPECT_EQ(get("/", {{"Host", "evil.example:80"}}).status, 403);
  EXPECT_EQ(get("/report.json", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(get("/report.json", {{"Host", "localhost:1234"}}).status, 200);
  EXPECT_EQ(get("/report.json", {{"Host", "[::1]:1234"}}).status, 200);
}

TEST_F(Server, HasNothingThatWrites) {
  httplib::Client client("127.0.0.1", server_->port());
  EXPECT_EQ(client.Post("/report.json", "x", "text/plain")->status, 404);
  EXPECT_EQ(client.Put("/files/0/a/train.log", "x", "text/plain")->status, 404);
  EXPECT_EQ(client.Delete("/files/0/a/train.log")->status, 404);
  EXPECT_EQ(testing::read_file(temp_.file("runs/a/train.log")), "epoch 1\n");
}

TEST_F(Server, DoesNotShareItsPort) {
  HtmlReportOptions options;
  options.sources = {{temp_.file("runs"), temp_.file("runs")}};
  EXPECT_THAT(testing::error_of([&] { ReportServer(options, server_->port()); }),
              HasSubstr("port"));
}

}  // namespace
}  // namespace vidqa::benchmarks
