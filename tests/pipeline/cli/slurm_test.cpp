// The Slurm executor against stand-ins for sbatch and squeue, and against a real cluster of one
// node where Debian's slurmctld, slurmd and munge are installed and can be started.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/benchmarks/tiny_corpus.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

void write_program(const std::string& path, const std::string& script) {
  write_file(path, "#!/bin/bash\n" + script);
  fs::permissions(path, fs::perms::owner_all);
}

class SlurmComparison : public ::testing::Test {
 protected:
  void SetUp() override { benchmarks::write_tiny_corpus(folder_.path()); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string output() const { return file("out"); }
  std::string command(const std::string& options = "") const {
    return fmt::format(
        "compare --dataset msvd-qa --data {0}/msvd_qa --features {0}/features.h5 --hidden 8 "
        "--slots 3 --word-dim 6 --epochs 1 --batch-size 16 --bootstrap-samples 200 "
        "--fusions default,lmf:rank=2 --seeds 1 --output {1} {2}",
        folder_.path().string(), output(), options);
  }
  TempDir folder_;
};

/// sbatch and squeue that write down what they are asked; `queue` is what squeue prints.
class FakeSlurm : public SlurmComparison {
 protected:
  void SetUp() override {
    SlurmComparison::SetUp();
    fs::create_directories(file("bin"));
    write_program(file("bin/sbatch"), fmt::format("echo \"$@\" >> {0}/asked\n"
                                                  "echo $((100 + $(wc -l < {0}/asked)))\n",
                                                  folder_.path().string()));
    write_program(file("bin/squeue"),
                  fmt::format("[ -s {0}/queue ] || {{ echo 'Invalid job id' >&2; exit 1; }}\n"
                              "cat {0}/queue\n",
                              folder_.path().string()));
  }
  ProgramResult run(const std::string& options) const {
    return run_vidqa(command(options), "PATH=" + file("bin") + ":$PATH");
  }
  static int shell(const std::string& command) { return std::system(command.c_str()); }
};

TEST_F(FakeSlurm, SubmitsAnArrayAndATableThatWaitsForIt) {
  const ProgramResult result =
      run("--executor slurm --jobs 2 --slurm-options '--partition=gpu --time=8:00:00'");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("3 runs submitted as job 101, the table as job 102"));
  EXPECT_EQ(read_file(file("asked")),
            fmt::format("--parsable {0}/slurm/train.sh\n"
                        "--parsable --dependency=afterany:101 {0}/slurm/table.sh\n",
                        output()));
  EXPECT_THAT(read_file(output() + "/slurm/train.sh"),
              AllOf(HasSubstr("#SBATCH --array=1-3%2\n"), HasSubstr("#SBATCH --partition=gpu\n"),
                    HasSubstr("#SBATCH --time=8:00:00\n")));
  EXPECT_FALSE(fs::exists(output() + "/runs/default/seed1/DONE")) << "nothing is trained here";
}

TEST_F(FakeSlurm, TheScriptsDoTheWorkAndTheFoldersTellIt) {
  ASSERT_EQ(run("--executor slurm").exit_code, 0);
  const std::string quiet = " >/dev/null 2>&1";
  for (const char* task : {"1", "3"})
    EXPECT_EQ(
        shell(fmt::format("SLURM_ARRAY_TASK_ID={} SLURM_CPUS_PER_TASK=1 bash {}/slurm/train.sh",
                          task, output()) +
              quiet),
        0);
  EXPECT_TRUE(fs::exists(output() + "/runs/default/seed1/DONE"));
  EXPECT_FALSE(fs::exists(output() + "/runs/lmf_rank=2/seed1/DONE"));
  EXPECT_TRUE(fs::exists(output() + "/runs/question-only/seed1/DONE"));

  // One task is still on its way.
  write_file(file("queue"), "2 RUNNING\n");
  const ProgramResult status = run("--status");
  ASSERT_EQ(status.exit_code, 0) << status.err;
  EXPECT_THAT(status.out, AllOf(ContainsRegex("lmf:rank=2 +1 +new +- +- +RUNNING"),
                                ContainsRegex("default +1 +done +1 .* - ")));
  const ProgramResult twice = run("--executor slurm");
  EXPECT_EQ(twice.exit_code, 1);
  EXPECT_THAT(twice.err, AllOf(HasSubstr("job 101"), HasSubstr("still in the queue")));

  // It was killed: what is missing is submitted again, and the table comes of all.
  write_file(file("queue"), "");
  const ProgramResult again = run("--executor slurm");
  EXPECT_THAT(again.out, HasSubstr("1 runs submitted")) << again.err;
  EXPECT_EQ(shell(fmt::format("SLURM_ARRAY_TASK_ID=1 bash {}/slurm/train.sh", output()) + quiet),
            0);
  EXPECT_EQ(shell(fmt::format("bash {}/slurm/table.sh", output()) + quiet), 0);
  EXPECT_THAT(read_file(output() + "/table.md"),
              AllOf(HasSubstr("lmf:rank=2"), HasSubstr("chance")));
  EXPECT_THAT(run("--executor slurm").out, HasSubstr("lmf:rank=2")) << "nothing is left to submit";
}

TEST_F(FakeSlurm, WhatSbatchRefusesIsSaid) {
  write_program(file("bin/sbatch"),
                "echo 'sbatch: error: invalid partition specified: gpu' >&2; exit 1\n");
  const ProgramResult result = run("--executor slurm --slurm-options --partition=gpu");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.error_lines().size(), 1u) << result.err;
  EXPECT_THAT(result.err, HasSubstr("invalid partition specified: gpu"));
}

TEST_F(FakeSlurm, WithoutSlurmThatIsSaid) {
  const ProgramResult result = run_vidqa(command("--executor slurm"), "PATH=/nowhere");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("sbatch"));
}

/// A cluster of this machine alone.
class RealSlurm : public SlurmComparison {
 protected:
  void SetUp() override {
    for (const char* program : {"munged", "slurmctld", "slurmd", "sbatch", "squeue"}) {
      if (std::system(
              fmt::format("PATH=$PATH:/usr/sbin command -v {} >/dev/null", program).c_str()) != 0)
        GTEST_SKIP() << program
                     << " is not installed (Debian: munge slurmctld slurmd slurm-client)";
    }
    if (geteuid() != 0) GTEST_SKIP() << "munged and slurmd are started as root";
    SlurmComparison::SetUp();
    write_program(file("start"), start_script());
    if (std::system(fmt::format("{} >{} 2>&1", file("start"), file("start.log")).c_str()) != 0)
      GTEST_SKIP() << "Slurm cannot be started here: " << read_file(file("start.log"));
  }
  void TearDown() override {
    [[maybe_unused]] const int status = std::system(
        fmt::format("for p in {0}/*.pid; do [ -s $p ] && kill $(cat $p); done 2>/dev/null",
                    folder_.path().string())
            .c_str());
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  std::string start_script() const {
    return fmt::format(R"(set -e
cd {0}
export PATH=$PATH:/usr/sbin
host=$(hostname -s)
mkdir -p state spool run
dd if=/dev/urandom of=munge.key bs=1024 count=1 2>/dev/null
chmod 700 . run; chmod 600 munge.key
cat >slurm.conf <<END
ClusterName=vidqa
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort={1}
SlurmdPort={2}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={0}/run/munge.socket
CryptoType=crypto/munge
StateSaveLocation={0}/state
SlurmdSpoolDir={0}/spool
SlurmctldPidFile={0}/slurmctld.pid
SlurmdPidFile={0}/slurmd.pid
SlurmctldLogFile={0}/slurmctld.log
SlurmdLogFile={0}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
sed -i '/^CryptoType/d' slurm.conf
export SLURM_CONF={0}/slurm.conf
munged --force --key-file={0}/munge.key --socket={0}/run/munge.socket --pid-file={0}/munged.pid \
  --log-file={0}/munged.log --seed-file={0}/munge.seed
slurmctld -f $SLURM_CONF
slurmd -f $SLURM_CONF
for i in $(seq 60); do sinfo -h -o %T 2>/dev/null | grep -q idle && exit 0; sleep 0.5; done
tail -5 slurmctld.log slurmd.log
exit 1
)",
                       folder_.path().string(), 16817 + getpid() % 1000, 17817 + getpid() % 1000);
  }
};

TEST_F(RealSlurm, TrainsEveryRunAndThenMakesTheTable) {
  const std::string environment = "SLURM_CONF=" + file("slurm.conf");
  const ProgramResult result = run_vidqa(command("--executor slurm"), environment);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("3 runs submitted as job [0-9]+, the table as job [0-9]+"));
  for (int i = 0; i < 240 && !fs::exists(output() + "/table.json"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  ASSERT_TRUE(fs::exists(output() + "/table.json"))
      << read_file(file("slurmctld.log")) << run_vidqa(command("--status"), environment).out;
  const ProgramResult status = run_vidqa(command("--status"), environment);
  EXPECT_THAT(status.out,
              AllOf(ContainsRegex("default +1 +done"), ContainsRegex("lmf:rank=2 +1 +done"),
                    ContainsRegex("question-only +1 +done")));
  EXPECT_THAT(read_file(output() + "/table.md"), HasSubstr("lmf:rank=2"));
}

}  // namespace
}  // namespace vidqa::testing
