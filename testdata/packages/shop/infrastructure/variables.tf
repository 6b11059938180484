# What the form asks for.

variable "app_target" {
  type = object({
    region = string
    vpc    = object({ id = string })
    subnet = object({ id = string, zone = string })
  })
}

variable "app_sg" {
  type = object({
    security_group = object({ id = string })
  })
}

variable "server_type" {
  type = object({ instance_type = string })
}

variable "server_count" {
  type    = number
  default = 2
}

variable "charge_type" {
  type    = string
  default = "POSTPAID"
}

variable "charge_months" {
  type    = number
  default = 1
}

variable "certificate" {
  type = object({ certId = string })
}

variable "shop_domain" {
  type = object({ domain = string })
}

variable "shop_title" {
  type    = string
  default = "The corner shop"
}

variable "public_servers" {
  type    = bool
  default = false
}

# What the publisher sets.

variable "image_id" {
  type    = string
  default = "img-shop0001"
}

variable "cluster_cidr" {
  type    = string
  default = "172.20.0.0/16"
}

# What the platform supplies.

variable "cloudapp_id" {}
variable "cloudapp_cam_role" {}
variable "cloudapp_repo_server" {}
variable "cloudapp_repo_username" {}
variable "cloudapp_repo_password" {}
