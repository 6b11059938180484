provider "tencentcloud" {
  region = var.app_target.region
}

variable "app_target" {
  type = object({
    region = string
    vpc    = object({ id = string })
    subnet = object({ id = string, zone = string })
  })
}

variable "sg" {
  type = object({ security_group = object({ id = string }) })
}
variable "image" {
  type    = string
  default = "img-00000001"
}
variable "cloudapp_cam_role" {}
variable "made" {
  type    = bool
  default = true
}
resource "random_password" "root" {
  length           = 16
  override_special = "_+-"
}
resource "tencentcloud_instance" "main" {
  availability_zone       = var.app_target.subnet.zone
  image_id                = var.image
  instance_type           = "S5.MEDIUM2"
  vpc_id                  = var.app_target.vpc.id
  subnet_id               = var.app_target.subnet.id
  orderly_security_groups = [var.sg.security_group.id]
  password                = random_password.root.result
  cam_role_name           = var.cloudapp_cam_role
  user_data_raw           = <<-EOT
    #!/bin/bash
    export ROLE=${var.cloudapp_cam_role} PASSWORD=${random_password.root.result}
  EOT
}
resource "tencentcloud_eip" "main" {
  count = var.made ? 1 : 0
}
output "main" {
  value = var.made ? "http://${tencentcloud_eip.main[0].public_ip}" : tencentcloud_instance.main.private_ip
}
