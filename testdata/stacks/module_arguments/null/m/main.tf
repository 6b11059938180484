variable "a" {
  nullable = false
}
variable "b" {
  nullable = false
  default  = "default"
}
output "b" {
  value = var.b
}
