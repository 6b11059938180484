variable "plain" {}

variable "token" {
  ephemeral = true
}

output "undeclared" {
  value = var.token
}

output "not_ephemeral" {
  value     = var.plain
  ephemeral = true
}
