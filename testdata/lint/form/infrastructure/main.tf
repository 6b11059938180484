variable "cvm_type" {
  type = any
}
variable "network" {
  type = any
}
variable "region" {
  type = any
}
variable "first" {
  type = string
}
variable "second" {
  type = string
}
variable "fourth" {
  type = string
}
variable "fifth" {
  type = string
}
variable "third" {
  type = string
}
resource "terraform_data" "a" {
  input = [var.cvm_type, var.network.subnet.id, var.region, var.first, var.second, var.third, var.fourth, var.fifth]
}
