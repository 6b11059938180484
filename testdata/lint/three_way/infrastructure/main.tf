provider "tencentcloud" {
  region = var.app_target.region
}

variable "app_target" {
  type = object({
    region     = string
    subnet     = object({ id = number, zon = string, extra = optional(string) })
    project_id = string
  })
}
variable "ckafka_password" {
  type = string
}
variable "disk" {
  type = string
}
variable "size" {
  type = number
}
variable "public" {
  type = bool
}
variable "number_of" {
  type = list(string)
}
variable "edition" {
  type = number
}
variable "forgotten" {}
variable "setting" {
  type = string
}
variable "cloudapp_name" {}
variable "cloudapp_nam" {
  default = ""
}
resource "terraform_data" "all" {
  input = [
    var.app_target.subnet.foo, var.app_target.subnet.zones, var.size.unit, var.disk, var.public,
    var.number_of, var.ckafka_password, var.setting, var.cloudapp_nam, var.app_target.subnet.cidr_block,
  ]
}
