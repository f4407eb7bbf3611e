#!/bin/sh
# Install the wheel of dist/ into a fresh environment of a Python, and walk through it:
#   sh tests/try_wheel.sh python3.12
set -eu
python=$1
here=$(pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
echo "== $($python --version)"
"$python" -m venv "$place/venv"
bin="$place/venv/bin"
"$bin/python" -m pip install --quiet "$here"/dist/*.whl hypothesis pyarrow mypy
cp "$here/examples/dirac_gan.toml" "$here/examples/typed/threshold.py" "$place"
cd "$place"
"$bin/python" threshold.py
"$bin/mypy" --strict threshold.py
"$bin/gandyn" phase --config dirac_gan.toml -o out.png -o out.nc
"$bin/gandyn" check --rule alternating --law fixed-points
"$bin/gandyn" bench run bilinear-scalar --rule extragradient --rule alternating \
  --settings 2 --starts 2 --budget 200 -o result
"$bin/gandyn" bench report result > report.txt
"$bin/gandyn" explore -o page.html
test -s out.png && test -s out.nc && test -s page.html
