variable "header" {
  ephemeral = true
}

output "length" {
  value     = length(var.header)
  ephemeral = true
}
