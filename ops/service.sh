# Sourced by ops/demo and ops/week: a service on a home that is thrown away. Sets perennial, home, url and service.

perennial=.build/release/perennial
home=$(mktemp -d "${TMPDIR:-/tmp}/perennial-${0##*/}.XXXXXX")
url=""
service=""
client=""

cleanup() {
    set +e
    [[ -n "$client" ]] && kill "$client" 2>/dev/null && wait "$client" 2>/dev/null
    if [[ -n "$service" ]]; then
        kill -TERM "$service" 2>/dev/null && wait "$service" 2>/dev/null
    fi
    rm -rf "$home"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[[ -t 1 && -z "${NO_COLOR:-}" ]] || say() { printf '\n== %s\n' "$*"; }

start_service() {
    say "Starting the service"
    "$perennial" serve --home "$home" --port 0 2>"$home/serve.log" &
    service=$!
    for _ in $(seq 100); do
        [[ -s "$home/service.json" ]] && url=$(sed -n 's/.*"url" *: *"\([^"]*\)".*/\1/p' "$home/service.json")
        [[ -n "$url" ]] && break
        kill -0 "$service" 2>/dev/null || { cat "$home/serve.log" >&2; exit 1; }
        sleep 0.1
    done
    [[ -n "$url" ]] || { echo "the service did not start within ten seconds" >&2; cat "$home/serve.log" >&2; exit 1; }
    echo "$url, home $home"
}

# Rows of the labels of one week of the demo stream, in their order: week NUMBER train|test
week() {
    local labels
    labels=$(awk -v want="$1" '/\[/ {block++} block == want + 2 && /"/ {gsub(/[", ]/, ""); print}' Configs/demo/stream.json)
    grep -F -f <(sed 's/.*/"label": "&"/' <<<"$labels") "Configs/demo/$2.jsonl"
}

# Leaves the service up and says how to end it.
keep_service() {
    trap - EXIT
    say "The service stays up"
    cat <<EOF
  $perennial dashboard --url $url
  $perennial predict helpdesk "my voucher does not work" --url $url
  curl -s $url/v1/tasks/helpdesk/predict -H 'content-type: application/json' -d '{"input": "my voucher does not work"}'
  stop it with: kill $service && rm -rf $home
EOF
}
