#!/bin/sh
# pi (npm: @mariozechner/pi-coding-agent; tried with 0.73.1) as a harness `command`. The prompt comes on standard input, and
# what is in the current folder when this ends is the work. The model is told by disinto: docs/harnesses.md.
set -eu
: "${OPENAI_BASE_URL:?set base_url in the bots section}"
settings="$HOME/.pi/agent"
mkdir -p "$settings"
# apiKey is the name of a variable, so that the word stands in no file.
cat > "$settings/models.json" <<JSON
{
  "providers": {
    "disinto": {
      "baseUrl": "$OPENAI_BASE_URL",
      "api": "openai-completions",
      "apiKey": "OPENAI_API_KEY",
      "compat": { "supportsDeveloperRole": false, "supportsReasoningEffort": false },
      "models": [
        {
          "id": "$DISINTO_MODEL",
          "contextWindow": ${DISINTO_CONTEXT:-131072},
          "maxTokens": ${DISINTO_OUTPUT_LIMIT:-16384}
        }
      ]
    }
  }
}
JSON
# No extensions, skills or templates: the repository is not to bring programs or settings of its own.
exec pi --print --offline --no-session --no-extensions --no-skills --no-prompt-templates \
  --provider disinto --model "$DISINTO_MODEL" "$(cat)" < /dev/null
