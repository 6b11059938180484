variable "in" {}
variable "fine" {
  ephemeral = true
}
