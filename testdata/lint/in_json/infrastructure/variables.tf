variable "a" {
  type = string
}
variable "b" {
  default = 1
}
