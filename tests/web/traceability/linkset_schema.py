"""The shape of a link set (RFC 9264, and the GS1-Conformant resolver standard), for the tests of the resolver."""

VOC = "https://ref.gs1.org/voc/"
#: What a link set must look like, in our own words after the standard's schema.
SCHEMA = {
    "type": "object",
    "required": ["linkset"],
    "additionalProperties": False,
    "properties": {
        "linkset": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["anchor", "description", f"{VOC}defaultLink"],
                "properties": {
                    "anchor": {"type": "string", "pattern": "^https?://"},
                    "description": {"type": "string", "minLength": 1},
                    f"{VOC}defaultLink": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["href", "title"],
                            "additionalProperties": False,
                            "properties": {"href": {"format": "uri"}, "title": {"type": "string"}},
                        },
                    },
                },
                "patternProperties": {
                    f"^{VOC}(?!defaultLink$)[a-zA-Z]+$": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["href", "title", "type"],
                            "additionalProperties": False,
                            "properties": {
                                "href": {"type": "string", "format": "uri"},
                                "title": {"type": "string", "minLength": 1},
                                "type": {"type": "string", "pattern": "^[a-z]+/[a-z+.-]+$"},
                                "hreflang": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                            },
                        },
                    }
                },
                "additionalProperties": False,
            },
        }
    },
}
