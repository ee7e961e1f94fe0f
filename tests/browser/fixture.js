// A folder of runs as `vidqa train` leaves them, with answers drawn from a fixed seed.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const hostile = `Is "</script><img src=x onerror=alert(1)>" a 'question' & <b>not</b> markup?`;

const arms = [
  { fusion: "default", parameters: 1_240_000, skill: 0.58, seconds: 4.1, memory: 410 },
  { fusion: "concat_mlp", parameters: 1_690_000, skill: 0.6, seconds: 4.4, memory: 428 },
  { fusion: "mcb:mm_dim=1600", parameters: 9_850_000, skill: 0.52, seconds: 11.7, memory: 742 },
  { fusion: "mfb:mm_dim=128", parameters: 2_310_000, skill: 0.69, seconds: 5.6, memory: 455 },
  { fusion: "block", parameters: 4_480_000, skill: 0.62, seconds: 8.3, memory: 530 },
];
const questionOnly = { fusion: "default", streams: "none", parameters: 870_000, skill: 0.34, seconds: 1.2, memory: 301 };
const seeds = [1, 2, 3];
const answers = ["jump", "spin around", "wave a hand", "blink", "clap"];
const wordings = [
  ["action", (n) => `What does the ${["red", "blue", "green"][n % 3]} shape do ${2 + (n % 4)} times?`],
  ["transition", (n) => `What happens ${n % 2 ? "after" : "before"} the ${["circle", "square", "triangle"][n % 3]} grows?`],
  ["count", (n) => `How often does the ${["circle", "square", "triangle"][n % 3]} move ${["left", "right"][n % 2]}?`],
];

/** Numbers of 0..1 (Numerical Recipes' linear congruential generator). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function questions(clips, total) {
  return Array.from({ length: total }, (_, n) => {
    const [type, wording] = wordings[n % wordings.length];
    return { qid: `Q${n + 1}`, video: clips[n % clips.length], type, question: n === 0 ? hostile : wording(n), right: (7 * n) % answers.length, hardness: generator(n + 1)() };
  });
}

function prediction(question, arm, random) {
  const frames = 24;
  const correct = random() < arm.skill + 0.5 * (0.5 - question.hardness);
  const chosen = correct ? question.right : (question.right + 1 + Math.floor(random() * 4)) % answers.length;
  const scores = answers.map((answer, i) => [answer, Number((random() + (i === chosen ? 1.2 : 0)).toFixed(4))]);
  const centre = frames * (0.2 + 0.6 * question.hardness);
  const raw = Array.from({ length: frames }, (_, t) => Math.exp(-(((t - centre) / (2 + 6 * random())) ** 2)) + 0.05);
  const sum = raw.reduce((a, b) => a + b);
  return {
    qid: question.qid, video: question.video, type: question.type, prediction: answers[chosen], gold: answers[question.right], correct,
    raw_score: scores[chosen][1], scores, question: question.question,
    attention: { seconds: raw.map((_, t) => Number(((t + 0.5) / 12).toFixed(3))), weights: raw.map((w) => w / sum) },
  };
}

function metrics(arm, seed, epochs) {
  const random = generator(1000 * seed + Math.round(arm.skill * 100));
  const lines = ["epoch,step,train_loss,val_accuracy,seconds"];
  for (let epoch = 1; epoch <= epochs; ++epoch) {
    const rise = 1 - Math.exp(-epoch / 4);
    lines.push([epoch, 40 * epoch, (1.65 - 1.1 * arm.skill * rise + 0.04 * random()).toFixed(4), (0.2 + (arm.skill - 0.2) * rise + 0.03 * (random() - 0.5)).toFixed(4), arm.seconds.toFixed(3)].join(","));
  }
  return lines.join("\n") + "\n";
}

function writeStart(folder, arm, seed, epochs) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.toml"), `[train]\ndataset="tgif-action"\nmodel="hme"\nfusion="${arm.fusion}"\nstreams="${arm.streams ?? "published"}"\nseed=${seed}\n`);
  writeFileSync(join(folder, "metrics.csv"), metrics(arm, seed, epochs));
}

/** A run that goes on: `epochs` so far. */
export function writeUnfinished(root, epochs) {
  writeStart(join(root, "runs", "mutan", "seed1"), { fusion: "mutan", skill: 0.6, seconds: 6 }, 1, epochs);
}

/** Writes the runs and table.json to `root`; returns what every run said: {arm: [[correct of a question], a seed each]}. */
export function writeRuns(root, clips, total = 150) {
  const asked = questions(clips, total);
  const correct = {};
  for (const arm of [questionOnly, ...arms]) {
    const name = arm.streams ? "question-only" : arm.fusion;
    correct[name] = [];
    for (const seed of seeds) {
      const folder = join(root, "runs", name.replace(/[:=]/g, "_"), `seed${seed}`);
      writeStart(folder, arm, seed, 14);
      const random = generator(100 * seed + name.length + Math.round(1000 * arm.skill));
      const said = asked.map((question) => prediction(question, arm, random));
      if (arm.streams) for (const line of said) delete line.attention;
      correct[name].push(said.map((line) => line.correct));
      writeFileSync(join(folder, "predictions.jsonl"), said.map((line) => JSON.stringify(line) + "\n").join(""));
      writeFileSync(join(folder, "train.log"), `epoch 14\n`);
      writeFileSync(join(folder, "summary.json"), JSON.stringify({
        parameters: arm.parameters, epochs: 14, best_epoch: 12, seconds_per_epoch: arm.seconds, peak_memory_mb: arm.memory, val: arm.skill,
        test: said.filter((line) => line.correct).length / total,
      }));
      writeFileSync(join(folder, "DONE"), "");
    }
  }
  const control = (name, mean) => ({ name, kind: name, baseline: false, values: [mean], mean, interval: null, difference: null, by_type: Object.fromEntries(wordings.map(([type]) => [type, mean])) });
  writeFileSync(join(root, "table.json"), JSON.stringify({
    dataset: "tgif-action", num_questions: total, rows: [control("chance", 0.2), control("most frequent", 0.26), { name: "default", kind: "fusion", baseline: true }],
  }));
  return { asked, correct };
}
