variable "password" {
  type      = string
  sensitive = true
}

variable "size" {
  type    = number
  default = 1
}

resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_instance" "swapped" {
  instance_name     = "swapped"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  password          = "${var.password}-again"

  lifecycle {
    create_before_destroy = true
  }
}

resource "tencentcloud_vpc" "taken" {
  name       = "taken"
  cidr_block = "10.1.0.0/16"
}

resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  password          = var.password
  user_data_raw     = "login ${var.password}"
}

resource "random_password" "made" {
  length = 20
}

resource "terraform_data" "copy" {
  count = 2
  input = { given = var.password, open = "shown", nested = [{ key = "of ${var.password}" }] }
}

resource "terraform_data" "open" {
  input = { size = var.size }
}

module "part" {
  source   = "./part"
  for_each = toset(["a", "b"])
  secret   = "${var.password}-${each.key}"
}

output "password" {
  value     = var.password
  sensitive = true
}

output "made" {
  value     = random_password.made.result
  sensitive = true
}

output "vpc" {
  value       = tencentcloud_vpc.main.name
  description = "The name of the network."
}
