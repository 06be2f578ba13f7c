#!/usr/bin/env bash
# rfc3161-client gives the time of an RFC 3161 time stamp without its fraction of a second: the stamp looks older than it is.
#
# Version:   rfc3161-client 1.0.9, cryptography 50.0.2; the authority is `openssl ts` with clock_precision_digits = 3.
# Guess:     `tst_info.gen_time` is the instant in the stamp, milliseconds among it: a `datetime` has room for them.
# Behaviour: the fraction is dropped, without a word. Whoever concludes that the sealed bytes existed before `gen_time`
#            claims up to a second more than the authority said; so does whoever orders stamps of one second.
# Source:    RFC 3161, 2.4.2: genTime is a GeneralizedTime and may have a fraction; X.690, 11.7.3, how it is written.
# Who minds: whoever proves by a stamp that something was there before an instant. Round up, or read the DER.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check rfc3161-client==1.0.9 cryptography==50.0.2
cd "$place"
cat > ts.cnf <<'CNF'
[req]
distinguished_name = name
[name]
[v3]
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
clock_precision_digits = 3
ess_cert_id_alg = sha256
CNF
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj "/CN=Clock" -config ts.cnf \
    -extensions v3 2> /dev/null
echo 01 > serial
echo something > sealed
openssl ts -query -data sealed -sha256 -cert -out query.tsq 2> /dev/null
for _ in 1 2 3; do # one in a thousand stamps falls on a whole second
    openssl ts -reply -queryfile query.tsq -config ts.cnf -signer cert.pem -inkey key.pem -out stamp.tsr 2> /dev/null
    said=$(openssl ts -reply -in stamp.tsr -text 2> /dev/null | sed -n 's/^Time stamp: //p')
    grep -q '\.[0-9]' <<< "$said" && break
done
cat > read.py <<'PYTHON'
from pathlib import Path

from rfc3161_client import decode_timestamp_response

print(decode_timestamp_response(Path("stamp.tsr").read_bytes()).tst_info.gen_time.isoformat())
PYTHON
saw=$(venv/bin/python read.py)
printf 'openssl:        %s\nrfc3161-client: %s\n' "$said" "$saw"
if grep -q '\.[0-9]' <<< "$said" && ! grep -q '\.' <<< "$saw"; then
    echo "as said above"
else
    echo "this has changed" >&2
    exit 1
fi
