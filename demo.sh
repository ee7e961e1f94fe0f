#!/usr/bin/env bash
# Installs what is missing, builds, and runs the main job end to end: clips -> features -> a trained model -> a comparison.
# Everything lands in build/demo; a second run finds it there and only prints the results.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
./setup.sh release vidqa

demo=build/demo
vidqa=build/release/vidqa

step() {
  printf '\n\033[1m$ vidqa %s\033[0m\n' "$*"
  "$vidqa" "$@"
}

start=$SECONDS
data=$demo/data
features=$demo/features.h5
# A small HME: the clips are simple and there are a few hundred questions.
training=(--data "$data" --features "$features" --feature-norm standardize --model hme --hidden 64 --slots 8
          --max-frames 12)
fusions=default,mcb:mm_dim=256,mlb:mm_dim=128,mfb:mm_dim=128

step synth --output "$data" --seed 1 --clips 600
step extract --videos "$data/videos" --output "$features" --backbone resnet18 --weights random:1 \
  --sampler uniform:12 --resize squash --crop-size 64
step train --dataset tgif-action "${training[@]}" --fusion mfb:mm_dim=128 --seed 1 --epochs 6 --output "$demo/run"
step evaluate --run "$demo/run" --split test
for dataset in tgif-frameqa tgif-action; do
  step compare --dataset "$dataset" "${training[@]}" --fusions "$fusions" --seeds 2 --epochs 6 --output "$demo/compare_$dataset"
done

echo
echo "Done in $((SECONDS - start)) s. The results:"
echo "  $demo/run                          a run folder: checkpoints, metrics.csv, predictions.jsonl"
echo "  $demo/compare_*/table.{md,csv,json}  the comparisons"
