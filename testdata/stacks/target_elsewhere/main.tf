variable "word" {
  default = "x"
  validation {
    condition     = var.word == "y"
    error_message = "must be y"
  }
}

resource "terraform_data" "a" {
  input = "x"
}

locals {
  broken = tonumber("a${terraform_data.other.output}")
  part   = "part"
}
resource "terraform_data" "user" {
  input = tonumber("n${terraform_data.a.output}")
}

resource "terraform_data" "other" {
  input = var.word
}

output "a" {
  value = terraform_data.a.output
}

resource "terraform_data" "many" {
  count = -length(terraform_data.a.input)
}

output "both" {
  value = "${terraform_data.a.output}-${local.part}"
}

output "broken" {
  value = local.broken
}
