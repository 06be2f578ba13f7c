#!/usr/bin/env bash
# In torch equal matrices of one batch have unequal factors: by whether they stand in an even or an odd place.
#
# Version:   torch 2.13.0 for the processor, with numpy 2.4.6. On processors of AMD; those of Intel with registers of 512
#            bits were not seen to do it, and there this only tells what it finds.
# Guess:     a batch of sixteen copies of one matrix has sixteen equal factors. The notes on numerical accuracy warn of
#            single against batched computations, not of one and the same call.
# Behaviour: eigenvectors of 7 x 7 numbers, and with QR and products of 33 x 33, differ in the last bits with the place: the
#            matrices fill no whole lines of memory (64 bytes), and general kernels of MKL go number by number to the first
#            whole vector. With sides of 8 there is one answer, and with MKL_CBWR=AUTO in the environment as well.
# Source:    https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html for torch; for MKL and MKL_CBWR its
#            developer guide, "Conditional Numerical Reproducibility".
# Who minds: whoever holds batched models to the bytes that each would have alone, on more than one kind of processor.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cat > "$place/copies.py" <<'PYTHON'
import torch

torch.set_num_threads(1)
ways = {"qr": lambda of: torch.linalg.qr(of)[1], "eigh": lambda of: torch.linalg.eigh(of.mT + of)[1], "bmm": lambda of: of @ of}
several = {}
for size in (7, 8, 33):
    own = torch.randn(size, size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for name, way in ways.items():
        found = way(own.expand(16, size, size).contiguous())
        several[name, size] = len({each.contiguous().numpy().tobytes() for each in found})
print(*(f"{name} of {size} x {size}: {count}" for (name, size), count in several.items()), sep="; ")
PYTHON
echo "answers to sixteen equal questions:"
as_it_is=$(env -u MKL_CBWR "$place/venv/bin/python" "$place/copies.py")
held=$(MKL_CBWR=AUTO "$place/venv/bin/python" "$place/copies.py")
printf '%s\nwith MKL_CBWR=AUTO: %s\n' "$as_it_is" "$held"
if ! grep -q AuthenticAMD /proc/cpuinfo; then
    echo "not a processor of AMD: nothing is said of it above"
elif grep -q 'eigh of 7 x 7: 2.*eigh of 8 x 8: 1.*qr of 33 x 33: 2.*bmm of 33 x 33: 2' <<< "$as_it_is" && ! grep -q ': 2' <<< "$held"; then
    echo "as said above"
else
    echo "no longer as said above"
    exit 1
fi
